"""Replication has been down for so long that no replica counts as good enough when the primary crashes."""

from jsquared.scenario.limits import convergence, failover, lost_writes
from jsquared.scenario.planned_faults import fault
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
    title="Replication has long been down when the primary crashes",
    description="Replication is cut for longer than ten times down-after-milliseconds, unnoticed, and then the "
    "primary is killed.",
    why_fair="Shows the cost: Sentinel does not promote a replica whose link has been down that long, and reports "
    "it only in its log, so there is no service until the primary is back. Only an early alert on "
    "master_link_status helps.",
    tags=("stale-replica-links", "partition", "crash", "replica"),
    needs=LINKS,
    away=("primary",),
    suites=FULL,
    faults=lambda situation: [
        fault("cut", "primary", id="replication-cut", links="replication", heal=_heal(situation)),
        fault(
            "reset-connections",
            "replicas",
            id="links-closed",
            clients="primary",
            start="300 ms after replication-cut",
            lasts_ms=1000,
        ),
        fault(
            "kill",
            "primary",
            id="crash",
            start=f"{10 * situation.deployment.down_after_ms + BEYOND_MS} ms after replication-cut",
            heal=_heal(situation),
        ),
    ],
    objectives=lambda _: [
        lost_writes("nothing is acknowledged while replication is cut, and the primary returns with the rest"),
        failover("every replica has all acknowledged writes, so one of them could serve"),
        convergence(),
    ],
    unsuited=needs_links_that_age,
    expected={"reference": "violated"},
)
