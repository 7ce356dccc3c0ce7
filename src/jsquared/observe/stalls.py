"""The machine's own stalls: a thread that sleeps briefly and records when it was woken much too late.

A failover of 4 s means little when the whole machine stood still for 2 of them. A stall is a fact about the lab, not about Redis,
so it becomes a ``disturbance`` event and the verdict takes it into account.
"""

import threading
import time

from jsquared.records.events import LAB, EventLog

SLEEP_S = 0.02
RECORD_FROM_S = 0.15


class StallWatch:
    """Watches between :meth:`start` and :meth:`stop`."""

    def __init__(self, events: EventLog) -> None:
        self._events = events
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stalls", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Stop watching; a second call does nothing."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        before = time.monotonic()
        while not self._stopping.wait(SLEEP_S):
            now = time.monotonic()
            self.felt(now - before - SLEEP_S)
            before = now

    def felt(self, late_s: float) -> None:
        """A wake-up came ``late_s`` seconds late."""
        if late_s >= RECORD_FROM_S:
            self._events.add(LAB, "disturbance", stall_ms=round(late_s * 1000, 1))
