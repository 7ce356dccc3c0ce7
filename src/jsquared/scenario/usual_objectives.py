"""The objectives of most scenarios, as values of ``Scenario.objectives``: no loss, limits on the outage, and convergence in the end."""

from collections.abc import Callable

from jsquared.records.plan import PlannedObjective
from jsquared.scenario.limits import FAILOVER_LIMIT_MS, convergence, lost_writes, service_limits, steady_limits
from jsquared.scenario.situation import Situation

Objectives = Callable[[Situation], list[PlannedObjective]]


def failover_objectives(
    nothing_lost: str,
    limit_ms: int = FAILOVER_LIMIT_MS,
    reason: str = "",
    *,
    limits: Callable[[Situation, int, str], list[PlannedObjective]] = service_limits,
) -> Objectives:
    """Return the objectives for a lost primary, where the rest must recover by itself.

    :param nothing_lost: why no acknowledged write may be lost.
    :param limit_ms: how long the failover and the write gap may be.
    :param reason: why that is fair, where it is not the usual reason.
    :param limits: the limits on time; others than :func:`service_limits` stand beside it.
    """
    return lambda situation: [lost_writes(nothing_lost), *limits(situation, limit_ms, reason), convergence()]


def steady_objectives(*, nothing_lost: str, no_failover: str) -> Objectives:
    """Return the objectives where the primary stays: no failover, and no long gap.

    :param nothing_lost: why no acknowledged write may be lost.
    :param no_failover: why no failover may happen.
    """
    return lambda situation: [lost_writes(nothing_lost), *steady_limits(situation, no_failover), convergence()]
