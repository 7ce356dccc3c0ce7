"""What both scenarios share in which the primary crashes and comes back by itself: only how long it is away differs."""

from jsquared.records.plan import PlannedFault


def faults(delay_ms: int) -> list[PlannedFault]:
    """A crash between two fsyncs, and a supervisor that starts the primary again after the delay."""
    return [
        PlannedFault(
            id="restart",
            name="restart-with-delay",
            targets=("primary",),
            parameters={"delay_ms": delay_ms, "between_fsyncs": True},
            start="1500 ms after load",
            heal=f"{delay_ms} ms after injection",
        )
    ]
