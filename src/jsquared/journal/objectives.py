"""The objectives that a journal holds measurements against, where its settings do not say otherwise."""

FAILOVER_LIMIT_MS = 10_000.0
"""A failover takes less; the limit that scenarios have."""
LOST_LIMIT = 0
"""Acknowledged writes that may be lost."""
