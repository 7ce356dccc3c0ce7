"""Shared by both one-way cuts of the primary: only the direction differs."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import limits_with_full_copy
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.usual_objectives import failover_objectives


def faults(direction: str) -> list[PlannedFault]:
    """Packets of one direction (``inbound``, ``outbound``) of the primary's host are dropped."""
    return [fault("cut", "primary", id="one-way-cut", direction=direction)]


objectives = failover_objectives(
    "without replies in both directions nothing is acknowledged at the majority level", limits=limits_with_full_copy
)
"""To the Sentinels it is a complete cut, so the limits are the same."""
