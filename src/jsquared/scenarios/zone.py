"""Shared by both scenarios in which a zone of two hosts is gone: who is in it, and which limits are fair."""

from collections.abc import Sequence

from jsquared.deployment.model.spec import Deployment
from jsquared.deployment.model.zone import LEAST_HOSTS, zone_of
from jsquared.records.plan import Engine, PlannedObjective
from jsquared.scenario.limits import FAILOVER_LIMIT_MS, convergence, lost_writes, service_limits
from jsquared.scenario.situation import Situation

EXTRA_RECOVERY_MS = 15_000
LONGEST_RETRY_MS = 20_000
"""A later retry does not count as automatic recovery, so the limit does not include it."""


def targets(situation: Situation) -> tuple[str, ...]:
    """The hosts of the zone."""
    return tuple(f"host:{host}" for host in zone_of(situation.deployment))


def unsuited(deployment: Deployment, _: Engine) -> str:
    """Why there is no zone of two hosts that a deployment should survive the loss of."""
    if zone_of(deployment):
        return ""
    hosts = len({node.host for node in deployment.nodes})
    if hosts < LEAST_HOSTS:
        return f"needs servers on {LEAST_HOSTS} hosts or more, so that two of them are a minority; there are {hosts}"
    return "if any other host is lost with the primary's, no majority of its data nodes or of the Sentinels is left"


def objectives(situation: Situation, why: str) -> Sequence[PlannedObjective]:
    """A minority is gone, so service recovers by itself and nothing is lost; one lost election is allowed if every vote counts.

    :param why: why no acknowledged write may be lost.
    """
    deployment = situation.deployment
    left = sum(node.host not in situation.cut_off for node in deployment.sentinels)
    needed = max(deployment.quorum, len(deployment.sentinels) // 2 + 1)
    retry_ms = 2 * deployment.failover_timeout_ms
    if left > needed or retry_ms > LONGEST_RETRY_MS:
        return [lost_writes(why), *service_limits(situation), convergence()]
    reason = (
        f"{left} of {len(deployment.sentinels)} Sentinels are left and a leader needs the votes of {needed}, so the "
        "limit includes one split vote: the next attempt comes after twice failover-timeout"
    )
    return [lost_writes(why), *service_limits(situation, FAILOVER_LIMIT_MS + retry_ms, reason), convergence()]
