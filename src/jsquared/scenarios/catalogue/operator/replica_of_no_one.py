"""An operator makes a replica a primary of its own, and the Sentinels put it right."""

from jsquared.records.plan import PlannedObjective
from jsquared.scenario.limits import convergence, lost_writes, no_failover, resume_limits, steady_limits
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario
from jsquared.scenario.situation import Situation

CORRECTED_MS = 25_000
"""Two INFO periods of 10 s, and time to resynchronise."""


def _limits(situation: Situation) -> list[PlannedObjective]:
    """Steady service; where the level needs this very replica, writes resume once the Sentinels have put it right."""
    why = "the primary is well"
    if situation.acknowledges_by_itself:
        return steady_limits(situation, why)
    reason = (
        "too few replicas are left for this level until the Sentinels have put the replica right, within about 20 s"
    )
    return [no_failover(why), *resume_limits(situation.clients, CORRECTED_MS, reason)]


SCENARIO = Scenario(
    name="replica-of-no-one",
    title="A replica is made a primary by hand",
    description="REPLICAOF NO ONE at a replica under load; nobody undoes it, since the Sentinels should (+convert-to-slave).",
    why_fair="Clients ask the Sentinels, who go on naming the true primary, so nothing is written to the false one. A Sentinel looks "
    "every 10 s and corrects what has been so for 8 s when it looks again, so within about 20 s.",
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
        lost_writes("nobody writes to the false primary, and the true one never stops"),
        *_limits(situation),
        convergence(),
    ],
    fails_over=lambda _: False,
    expected={"reference": "pass"},
)
