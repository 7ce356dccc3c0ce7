"""Counts settled writes while the load is on, for whoever waits for the trial: from the counters that clients keep anyway."""

import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

from jsquared.observe.background import Background
from jsquared.records.event_types import WritesCounted
from jsquared.records.events import EventLog
from jsquared.records.history import HistoryPeek

WINDOW_S = 2.0


class Counts(NamedTuple):
    """Writes of all clients since they began, by what came of them."""

    acknowledged: int
    failed: int
    unknown: int


class WriteCounts(Background):
    """Records every two seconds how many writes were settled meanwhile. Reads three words a client; no client notices."""

    def __init__(
        self, peeks: Iterable[HistoryPeek], events: EventLog, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__("write-counts")
        self._peeks = tuple(peeks)
        self._events = events
        self._now_s = now_s
        self._counted = self._count()
        self._counted_s = now_s()

    def run(self) -> None:
        """Record until it is told to stop; what is left by then is less than a window, and is not told."""
        while not self.stopping.wait(WINDOW_S):
            self.record()

    def record(self) -> None:
        """Record the writes that were settled since the last time."""
        counted, counted_s = self._count(), self._now_s()
        before, before_s = self._counted, self._counted_s
        self._counted, self._counted_s = counted, counted_s
        self._events.add(
            WritesCounted(
                window_ms=round((counted_s - before_s) * 1000, 1),
                acknowledged=counted.acknowledged - before.acknowledged,
                failed=counted.failed - before.failed,
                unknown=counted.unknown - before.unknown,
            )
        )

    def _count(self) -> Counts:
        return Counts(
            sum(peek.acknowledged for peek in self._peeks),
            sum(peek.failed for peek in self._peeks),
            sum(peek.unknown for peek in self._peeks),
        )
