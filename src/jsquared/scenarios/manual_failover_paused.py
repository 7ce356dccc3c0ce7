"""A failover by hand while writes are paused: the careful way for every version."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.scenario import PROCESS, STANDARD, Scenario
from jsquared.scenarios.planned_failover import planned_failover_limits

SCENARIO = Scenario(
    name="manual-failover-paused",
    title="Manual failover while writes are paused",
    description="CLIENT PAUSE … WRITE at the primary, equal offsets of all replicas, then SENTINEL FAILOVER at one Sentinel.",
    why_fair="The primary acknowledges nothing from the pause on, and every replica has all that it has acknowledged before, so nothing "
    "may be lost at any level of acknowledgement; writes wait for a failover that no detection precedes.",
    tags=("manual-failover-under-load", "operator"),
    needs=PROCESS,
    away=(),
    suites=STANDARD,
    faults=lambda _: [
        PlannedFault(
            id="order",
            name="failover-while-paused",
            targets=("sentinel:1",),
            start="2000 ms after load",
            heal="3000 ms after recovery",
        )
    ],
    objectives=planned_failover_limits,
    fails_over=lambda _: True,
    expected={"reference": "pass"},
)
