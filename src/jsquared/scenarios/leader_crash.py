"""Shared by both scenarios in which the leading Sentinel crashes during the failover: only the moment differs."""

from jsquared.deployment.model.spec import Deployment
from jsquared.records.plan import Engine, PlannedFault, PlannedObjective
from jsquared.scenario.limits import FAILOVER_LIMIT_MS, convergence, limits_with_full_copy, lost_writes
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.situation import Situation

EXTRA_RECOVERY_MS = 30_000
LONGEST_RETRY_MS = 30_000
"""The limit is not longer: a deployment without a primary for longer, because one Sentinel died with it, is not sound."""


def unsuited(deployment: Deployment, _: Engine) -> str:
    """Why the others cannot fail over once the leader has crashed."""
    total = len(deployment.sentinels)
    needed = max(deployment.quorum, total // 2 + 1)
    if total - 1 < needed:
        return f"once the leading Sentinel has crashed, {total - 1} of {total} are left, and a failover takes {needed}"
    return ""


def faults(moment: str) -> list[PlannedFault]:
    """The leader is told to crash at ``moment`` (of the fault ``sentinel-crash-at``), then the primary is killed."""
    return [
        fault("sentinel-crash-at", "sentinels", id="leader-crash", moment=moment),
        fault("kill", "primary", id="crash", start="500 ms after leader-crash"),
    ]


def objectives(situation: Situation) -> list[PlannedObjective]:
    """After a failed attempt Sentinels wait for twice failover-timeout (sentinelStartFailoverIfNeeded in sentinel.c)."""
    retry_ms = min(2 * situation.deployment.failover_timeout_ms, LONGEST_RETRY_MS)
    return [
        lost_writes("a crash leaves a promotable copy of every write acknowledged at the majority level"),
        *limits_with_full_copy(
            situation,
            FAILOVER_LIMIT_MS + retry_ms,
            "10 s beyond twice failover-timeout (at most 30 s), for which Sentinels wait after an unfinished attempt",
        ),
        convergence(),
    ]
