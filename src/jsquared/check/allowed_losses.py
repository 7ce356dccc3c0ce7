"""Losses that a plan allows a client: without any, signs of a loss before the end already count against the deployment."""

from jsquared.records.plan import Plan

LOSSES = ("lost_operations", "lost_writes")


def nothing_may_be_lost(plan: Plan, client: str) -> bool:
    """True if this client may lose nothing that was acknowledged."""
    limits = [one for one in plan.objectives if one.name in LOSSES]
    return any(one.limit == 0 and client in (one.clients or (client,)) for one in limits)
