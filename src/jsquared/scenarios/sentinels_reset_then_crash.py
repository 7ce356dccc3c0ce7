"""All Sentinels are reset at once under load, and the primary crashes once they can have found everybody again."""

from jsquared.records.plan import PlannedFault, PlannedObjective
from jsquared.scenario.limits import convergence, lost_writes, service_limits
from jsquared.scenario.scenario import PROCESS, Scenario
from jsquared.scenario.situation import Situation

FOUND_MS = 11_000
"""Replicas stand in the primary's next INFO, which is asked for every 10 s; hello messages come every 2 s."""


def _limits(situation: Situation) -> list[PlannedObjective]:
    """As after any crash, but a failover is counted from the first fault, which comes earlier here."""
    return [limit for limit in service_limits(situation) if limit.name != "failover"]


SCENARIO = Scenario(
    name="sentinels-reset-then-crash",
    title="The Sentinels are reset, then the primary crashes",
    description="SENTINEL RESET at all Sentinels at once under load; the primary crashes 11 s later and returns after the failover.",
    why_fair="A reset Sentinel finds the others by their hello messages within 2 s, and replicas in the primary's next INFO, which "
    "it asks for every 10 s: after 11 s a crash is as survivable as before.",
    tags=("operator", "sentinel", "crash"),
    needs=PROCESS,
    away=("primary",),
    faults=lambda _: [
        PlannedFault(
            id="reset",
            name="sentinel-reset",
            targets=("sentinels",),
            start="500 ms after load",
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
