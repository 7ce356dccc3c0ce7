"""An operator makes a replica a separate primary, and the Sentinels correct it."""

from jsquared.records.plan import PlannedObjective
from jsquared.scenario.limits import convergence, lost_writes, no_failover, resume_limits, steady_limits
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario
from jsquared.scenario.situation import Situation

CORRECTED_MS = 25_000
"""Two INFO periods of 10 s, and time to resynchronise."""


def _limits(situation: Situation) -> list[PlannedObjective]:
    """Steady service; where the level needs this very replica, writes resume once the Sentinels have put it right."""
    why = "the primary is healthy"
    if situation.acknowledges_by_itself:
        return steady_limits(situation, why)
    reason = (
        "too few replicas are left for this level until the Sentinels have corrected the replica, within about 20 s"
    )
    return [no_failover(why), *resume_limits(situation.clients, CORRECTED_MS, reason)]


SCENARIO = Scenario(
    name="replica-of-no-one",
    title="A replica is manually made a primary",
    description="REPLICAOF NO ONE at a replica under load; the Sentinels should undo it (+convert-to-slave), the "
    "lab does not.",
    why_fair="Clients ask the Sentinels, which keep naming the true primary, so nothing is written to the false "
    "one. A Sentinel polls every 10 s and corrects a role that has been wrong for 8 s at its next poll, so within "
    "about 20 s.",
    tags=("operator", "replica"),
    away=("replica:1",),
    faults=lambda _: [
        fault(
            "replicaof-by-hand",
            "replica:1",
            id="promotion-by-hand",
            left_to_sentinels=True,
            start="1000 ms after load",
            lasts_ms=1000,
        )
    ],
    objectives=lambda situation: [
        lost_writes("no client writes to the false primary, and the true one never stops"),
        *_limits(situation),
        convergence(),
    ],
    fails_over=lambda _: False,
    expected={"reference": "pass"},
)
