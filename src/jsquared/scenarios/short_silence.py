"""Shared by scenarios in which the primary is silent for half of down-after-milliseconds: only what silences it differs."""

from jsquared.records.plan import PlannedObjective
from jsquared.scenario.limits import convergence, lost_writes, steady_limits
from jsquared.scenario.situation import Situation

RECONNECT_MS = 5_000
"""Granted on top of the silence to clients whose connections timed out."""


def silence_ms(situation: Situation) -> int:
    """Half of what the deployment itself allows."""
    return situation.deployment.down_after_ms // 2


def objectives(situation: Situation, why: str) -> list[PlannedObjective]:
    """No failover, and service again once the silence is over. ``why`` says why no failover may happen."""
    return [
        lost_writes("the primary continues with all its data"),
        *steady_limits(situation, why, silence_ms(situation) + RECONNECT_MS),
        convergence(),
    ]
