"""Shared by scenarios that continue after a failover: when it is over, and when the old primary is a replica."""

from jsquared.scenario.situation import Situation

FAILOVER_MS = 4_000
"""How long a failover takes beyond its detection, with time to spare."""
ATTACHED_MS = 16_000
"""Sentinel demotes a primary that returns after 10 to 11 s, then it copies what it missed."""


def after_failover_ms(situation: Situation) -> int:
    """So long after the primary has gone, another one has its place."""
    return situation.deployment.down_after_ms + FAILOVER_MS
