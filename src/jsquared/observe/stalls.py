"""The machine's own stalls: a thread that sleeps briefly and records when it was woken much too late.

A failover of 4 s means little when the whole machine stood still for 2 of them. A stall is a fact about the lab, not about Redis,
so it becomes a ``disturbance`` event and the verdict takes it into account.
"""

import time

from jsquared.observe.background import Background
from jsquared.records.event_types import Disturbed
from jsquared.records.events import EventLog

SLEEP_S = 0.02
RECORD_FROM_S = 0.15


class StallWatch(Background):
    """A wake-up that comes much too late becomes a ``disturbance`` event."""

    def __init__(self, events: EventLog) -> None:
        super().__init__("stalls")
        self._events = events

    def run(self) -> None:
        """Sleep, and look how long that was."""
        before = time.monotonic()
        while not self.stopping.wait(SLEEP_S):
            now = time.monotonic()
            self.felt(now - before - SLEEP_S)
            before = now

    def felt(self, late_s: float) -> None:
        """A wake-up came ``late_s`` seconds late."""
        if late_s >= RECORD_FROM_S:
            self._events.add(Disturbed(stall_ms=round(late_s * 1000, 1)))
