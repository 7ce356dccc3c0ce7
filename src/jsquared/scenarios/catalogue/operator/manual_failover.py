"""An operator fails over by hand while clients write: what the old primary acknowledges meanwhile is at stake."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import FULL, Scenario
from jsquared.scenarios.planned_failover import planned_failover_limits

SCENARIO = Scenario(
    name="manual-failover",
    title="Manual failover under load",
    description="SENTINEL FAILOVER at one Sentinel while clients write and nothing is broken.",
    why_fair="Shows the cost: the new primary serves for a second or two before the old one is demoted, which "
    "keeps acknowledging with the other replicas. Only acknowledgement by all replicas, or a coordinated failover, "
    "loses nothing.",
    tags=("manual-failover-under-load", "operator", "split-brain"),
    suites=FULL,
    faults=lambda _: [fault("manual-failover", "sentinel:1", id="order", heal="3000 ms after recovery")],
    objectives=planned_failover_limits,
    fails_over=lambda _: True,
    expected={"reference": "violated"},
)
