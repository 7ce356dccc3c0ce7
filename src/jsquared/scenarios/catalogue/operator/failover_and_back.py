"""The day after: once everything has healed, an operator moves the primary again."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario
from jsquared.scenario.usual_objectives import failover_objectives
from jsquared.scenarios.failover_times import ATTACHED_MS, after_failover_ms

SCENARIO = Scenario(
    name="failover-and-back",
    title="The primary crashes and returns, then a second failover follows",
    description="The primary is killed and returns as a replica; 16 s later a second failover is ordered while "
    "writes are paused.",
    why_fair="A healed deployment must be able to fail over again: the second failover needs attached replicas "
    "with equal content and Sentinels that know all of them.",
    tags=("primary-crash", "crash", "operator", "day-after"),
    away=("primary",),
    faults=lambda situation: [
        fault("kill", "primary", id="crash", lasts_ms=after_failover_ms(situation)),
        fault(
            "failover-while-paused",
            "sentinel:1",
            id="order",
            start=f"{after_failover_ms(situation) + ATTACHED_MS} ms after crash",
            heal="2000 ms after recovery",
        ),
    ],
    objectives=failover_objectives("neither failover loses a confirmed write"),
    expected={"reference": "pass"},
)
