"""When writes are due: at intended times that do not wait (open loop), or one after the other (closed loop).

In an open loop write ``i`` is intended at ``go + i / rate``. Its slot is filled with that time even when the client is late, so
that a stall shows as latency of every write it delayed, not as one slow write. A change of the rate takes the place of go.
"""

from array import array
from collections.abc import Callable
from typing import Protocol

from jsquared.workload.connection import DataConnection
from jsquared.workload.recorder import Recorder, chunk_end

NS_PER_S = 1_000_000_000
FOREVER_NS = 1 << 62
# Writes closer together than this share a tick and thereby a batch: waking up for each would cost more than it tells.
TICK_NS = 200_000


class Dealer(Protocol):
    """Takes due writes."""

    def deal(self, slots: range, now: int) -> None:
        """Send or fail these writes."""
        ...


class Connections(Protocol):
    """Has connections that can be written to."""

    ready: list[DataConnection]


class OpenLoop:
    """Writes at ``rate_per_s``."""

    def __init__(self, rate_per_s: int, recorder: Recorder, dealer: Dealer) -> None:
        self._rate = rate_per_s
        self._recorder = recorder
        self._dealer = dealer
        self._base_ns = 0
        self._base_slot = 0
        self._next = 0
        self.running = False
        self.due_ns = FOREVER_NS
        """When :meth:`advance` is to be called next."""

    def start(self, now: int) -> None:
        """Write 0 is due now."""
        self._base_ns = now
        self.running = True
        self.advance(now)

    def stop(self) -> None:
        """Nothing is due any more."""
        self.running = False
        self.due_ns = FOREVER_NS

    def advance(self, now: int) -> None:
        """Fill and deal every slot whose time has come."""
        if now < self.due_ns and self._next:
            return
        end = self._base_slot + (now - self._base_ns) * self._rate // NS_PER_S + 1
        while self._next < end:
            slots = range(self._next, min(end, chunk_end(self._next)))
            self._recorder.intend(slots, array("q", [self._intended_ns(slot) for slot in slots]))
            self._next = slots.stop
            self._dealer.deal(slots, now)
        self.due_ns = max(self._intended_ns(end), now + TICK_NS)

    def _intended_ns(self, slot: int) -> int:
        # Rounded up: the slot that is due at a moment is never intended after it.
        return self._base_ns - (-(slot - self._base_slot) * NS_PER_S // self._rate)

    def change_rate(self, rate_per_s: int, now: int) -> None:
        """Keep what was due until now, and let the next writes come at another rate."""
        if self.running:
            self.due_ns = 0
            self.advance(now)
            self._base_slot, self._base_ns = self._next - 1, now
        self._rate = rate_per_s
        if self.running:
            self.due_ns = max(self._intended_ns(self._next), now + TICK_NS)

    def room(self, connection: DataConnection, now: int) -> None:
        """Send what has been queued for the connection."""
        if connection.queue:
            connection.pump(now)


class ClosedLoop:
    """``pipeline`` writes in flight on every connection at all times, the next ones as soon as all are replied to."""

    def __init__(self, pipeline: int, recorder: Recorder, connections: Connections) -> None:
        self._pipeline = pipeline
        self._recorder = recorder
        self._connections = connections
        self.took: Callable[[DataConnection], None] | None = None
        """Told of every connection that was given a batch."""
        self.next = 0
        """The first slot that was not given out yet."""
        self.running = False
        self.due_ns = FOREVER_NS

    def start(self, now: int) -> None:
        """Give every connection its first batch."""
        self.running = True
        self.advance(now)

    def stop(self) -> None:
        """No further batches."""
        self.running = False

    def advance(self, now: int) -> None:
        """Give batches to connections that have none, such as new ones."""
        for connection in self._connections.ready:
            self.room(connection, now)

    def room(self, connection: DataConnection, now: int) -> None:
        """The connection's next batch, when it has none in flight."""
        if connection.in_flight or not connection.ready or not self.running:
            return
        first = self.next
        slots = range(first, min(first + self._pipeline, chunk_end(first)))
        self.next = slots.stop
        self._recorder.invoke_at_once(slots, now, connection.node)
        connection.transmit(slots, now)
        if self.took is not None:
            self.took(connection)
