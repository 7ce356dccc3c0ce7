"""Shared by scenarios of a manual failover: its limits."""

from collections.abc import Sequence
from dataclasses import replace

from jsquared.records.plan import PlannedObjective
from jsquared.scenario.limits import DEMOTION_LIMIT_MS, FAILOVER_LIMIT_MS, convergence, failover, lost_writes, write_gap
from jsquared.scenario.situation import Situation


def planned_failover_limits(situation: Situation) -> Sequence[PlannedObjective]:
    """Nothing is lost, the change and the gap take less than 10 s, and everything has converged.

    Where the level needs the old primary as a replica, the limit includes its demotion.
    """
    fair, limit_ms = "nothing is broken, and every node is available to take over", FAILOVER_LIMIT_MS
    without = replace(situation, away=frozenset({situation.deployment.primary.host}))
    if not without.acknowledges_by_itself:
        fair, limit_ms = (
            "this level needs the old primary as a replica, and Sentinel demotes it after 10 to 11 s",
            DEMOTION_LIMIT_MS,
        )
    return [
        lost_writes("a failover ordered while all is well should lose no write"),
        failover(fair, limit_ms),
        write_gap(fair, limit_ms),
        convergence(),
    ]
