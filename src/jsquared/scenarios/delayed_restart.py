"""Shared by both scenarios in which the primary crashes and returns by itself: only how long it is away differs."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.planned_faults import fault


def faults(delay_ms: int) -> list[PlannedFault]:
    """A crash between two fsyncs, and a supervisor that starts the primary again after the delay."""
    return [
        fault(
            "restart-with-delay",
            "primary",
            id="restart",
            delay_ms=delay_ms,
            between_fsyncs=True,
            start="1500 ms after load",
            lasts_ms=delay_ms,
        )
    ]
