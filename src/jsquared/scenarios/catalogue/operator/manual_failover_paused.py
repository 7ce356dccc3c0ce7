"""A manual failover while writes are paused: the careful way for every version."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario
from jsquared.scenarios.planned_failover import planned_failover_limits

SCENARIO = Scenario(
    name="manual-failover-paused",
    title="Manual failover while writes are paused",
    description="CLIENT PAUSE … WRITE at the primary, equal offsets of all replicas, then SENTINEL FAILOVER at one "
    "Sentinel.",
    why_fair="The primary acknowledges nothing after the pause begins, and every replica has everything "
    "acknowledged before, so nothing may be lost at any acknowledgement level; writes wait only for the failover, "
    "without detection.",
    tags=("manual-failover-under-load", "operator"),
    faults=lambda _: [fault("failover-while-paused", "sentinel:1", id="order", heal="3000 ms after recovery")],
    objectives=planned_failover_limits,
    fails_over=lambda _: True,
    expected={"reference": "pass"},
)
