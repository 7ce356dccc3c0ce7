"""Replication has been down for so long that no replica counts as good enough when the primary crashes."""

from jsquared.records.plan import PlannedFault, PlannedObjective
from jsquared.scenario.limits import FAILOVER_LIMIT_MS, convergence, lost_writes
from jsquared.scenario.scenario import FULL, LINKS, Scenario
from jsquared.scenario.situation import Situation
from jsquared.scenarios.conditions import needs_links_that_age

BEYOND_MS = 4_000
DEAD_MS = 10_000
"""How long the primary stays down beyond down-after-milliseconds: the time in which a replica should have been promoted."""


def _heal(situation: Situation) -> str:
    return f"{situation.deployment.down_after_ms + DEAD_MS} ms after crash"


SCENARIO = Scenario(
    name="stale-replica-links",
    title="Replication was down for long when the primary crashes",
    description="Replication is cut for longer than ten times down-after-milliseconds, unnoticed, and then the primary is killed.",
    why_fair="Asked to show the cost: Sentinel promotes no replica whose link has been down for so long, and says so only in its log, "
    "so nothing serves until the primary is back. Only an alert on master_link_status in good time helps.",
    tags=("stale-replica-links", "partition", "crash", "replica"),
    needs=LINKS,
    away=("primary",),
    suites=FULL,
    faults=lambda situation: [
        PlannedFault(
            id="replication-cut",
            name="cut",
            targets=("primary",),
            parameters={"links": "replication"},
            start="2000 ms after load",
            heal=_heal(situation),
        ),
        PlannedFault(
            id="links-closed",
            name="reset-connections",
            targets=("replicas",),
            parameters={"clients": "primary"},
            start="300 ms after replication-cut",
            heal="1000 ms after injection",
        ),
        PlannedFault(
            id="crash",
            name="kill",
            targets=("primary",),
            start=f"{10 * situation.deployment.down_after_ms + BEYOND_MS} ms after replication-cut",
            heal=_heal(situation),
        ),
    ],
    objectives=lambda _: [
        lost_writes("nothing is acknowledged while replication is cut, and the primary comes back with the rest"),
        PlannedObjective(
            name="failover",
            limit=FAILOVER_LIMIT_MS,
            unit="ms",
            reason="every replica has what was acknowledged, so one of them could serve",
        ),
        convergence(),
    ],
    unsuited=needs_links_that_age,
    expected={"reference": "violated"},
)
