"""All Sentinels are reset at once under load, and the primary crashes once they can have found everybody again."""

from jsquared.records.plan import PlannedFault, PlannedObjective
from jsquared.scenarios.scenario import (
    FAILOVER_LIMIT_MS,
    PROCESS,
    Scenario,
    convergence,
    lost_writes,
    service_limits,
)
from jsquared.trial.plan import Situation

FOUND_MS = 3_000
"""Replicas stand in the first INFO after the reset; hello messages come every 2 s."""


def _limits(situation: Situation) -> list[PlannedObjective]:
    """As after any crash, but a failover is counted from the first fault, which comes earlier here."""
    return [limit for limit in service_limits(situation) if limit.name != "failover"]


SCENARIO = Scenario(
    name="sentinels-reset-then-crash",
    title="The Sentinels are reset, then the primary crashes",
    description="SENTINEL RESET at all Sentinels at once under load; the primary crashes 3 s later and returns after the failover.",
    why_fair="A reset Sentinel finds replicas in the primary's next INFO and other Sentinels by their hello messages within 2 s, so "
    f"after 3 s a crash is as survivable as before: {FAILOVER_LIMIT_MS // 1000} s.",
    tags=("operator", "sentinel", "crash"),
    needs=PROCESS,
    away=("primary",),
    faults=lambda _: [
        PlannedFault(
            id="reset",
            name="sentinel-reset",
            targets=("sentinels",),
            start="1000 ms after load",
            heal="2000 ms after recovery",
        ),
        PlannedFault(
            id="crash",
            name="kill",
            targets=("primary",),
            start=f"{FOUND_MS} ms after reset",
            heal="500 ms after recovery",
        ),
    ],
    objectives=lambda situation: [
        lost_writes("a crash of one node leaves a promotable copy of every write acknowledged at the majority level"),
        *_limits(situation),
        convergence(),
    ],
    expected={"reference": "pass"},
)
