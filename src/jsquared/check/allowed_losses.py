"""Whether a plan lets a client lose anything: what is seen of a loss before the end is held against a deployment where it does not."""

from jsquared.records.plan import Plan

LOSSES = ("lost_operations", "lost_writes")


def nothing_may_be_lost(plan: Plan, client: str) -> bool:
    """Whether nothing that this client had acknowledged may be lost."""
    limits = [one for one in plan.objectives if one.name in LOSSES]
    return any(one.limit == 0 and client in (one.clients or (client,)) for one in limits)
