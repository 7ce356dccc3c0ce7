"""The short way of a closed loop: OKs in, records kept, the next writes out, in one function call a batch.

How fast a closed loop is, is how short this way is. It is taken while nothing unusual happens: exactly the OKs that the one batch
in flight must get, on a connection that is fit for writing. Everything else goes the long way, through
:class:`jsquared.workload.connection.DataConnection`, whose state is always up to date here, and comes back afterwards.
"""

from collections.abc import Callable
from mmap import mmap
from time import monotonic_ns
from typing import cast

from jsquared.records.history import CHUNK_SLOTS, COLUMNS, OK, PENDING, HistoryWriter
from jsquared.resp.nonblocking import Stream
from jsquared.workload.commands import Commands
from jsquared.workload.connection import DataConnection, Exchange
from jsquared.workload.due_times import ClosedLoop
from jsquared.workload.recorder import ACKNOWLEDGED, BYTES, LAST_ACK_NS, SLOTS

RECEIVE_BYTES = 4096
HUNDRED = 100
# Where the columns lie in a chunk. Writing bytes straight into the file's map is twice as fast as through typed views of it.
INTENDED, INVOKED, COMPLETED, OUTCOME = (
    CHUNK_SLOTS * sum(width for _, _, width in COLUMNS[: [name for name, _, _ in COLUMNS].index(column)])
    for column in ("intended_ns", "invoked_ns", "completed_ns", "outcome")
)
LONGEST_BATCH = HUNDRED
"""Longer batches gain nothing from the short way."""


class FastPath:
    """What the connections of one closed loop in mode async share: the columns of the current chunk, and the next batch's form."""

    __slots__ = (
        "commands",
        "completed",
        "count",
        "digits_end",
        "end",
        "first",
        "header",
        "history",
        "intended",
        "invoked",
        "loop",
        "memory",
        "node",
        "outcome",
        "pieces",
    )

    def __init__(self, loop: ClosedLoop, count: int, history: HistoryWriter, commands: Commands) -> None:
        self.loop = loop
        self.count = count
        self.history = history
        self.header = history.header
        self.commands = commands
        self.digits_end = 0
        self.pieces: dict[int, list[bytes]] = {}
        self.node = 0
        self.turn_page(0)

    def turn_page(self, slot: int) -> None:
        """The columns of the chunk that holds ``slot``."""
        chunk = self.history.chunk(slot)
        self.first = slot - slot % CHUNK_SLOTS
        self.end = self.first + CHUNK_SLOTS
        self.intended, self.invoked, self.completed = chunk.intended_ns, chunk.invoked_ns, chunk.completed_ns
        self.outcome = chunk.outcome
        self.memory = cast("mmap", chunk.outcome.obj)
        # What every write of the short way says when it goes out is said for all that are left in the chunk at once. Nobody
        # reads it before the header's count of slots includes them.
        left = self.end - slot
        chunk.outcome[slot - self.first :] = BYTES[PENDING] * left
        chunk.node[slot - self.first :] = BYTES[self.node] * left

    def fits(self, slot: int, done: int) -> bool:
        """True if the batch from ``slot`` may go the short way: in one chunk with ``done``, all numbers of one length."""
        if slot >= self.end:
            self.turn_page(slot)
        if slot >= self.digits_end:
            # Below a hundred there are no hundreds to join with.
            self.digits_end = 10 ** len(str(slot)) if slot >= HUNDRED else 0
            self.pieces.clear()
        last = slot + self.count
        return self.first <= done and last <= self.end and last <= self.digits_end

    def bytes_of(self, slot: int) -> bytes:
        """The commands of the batch from ``slot``; it :meth:`fits`."""
        hundreds, low = divmod(slot, HUNDRED)
        pieces = self.pieces.get(low) or self.cut(slot, low)
        data = (b"%d" % hundreds).join(pieces)
        if low + self.count > HUNDRED:
            data += self.commands.batch(range(slot - low + HUNDRED, slot + self.count))
        return data

    def cut(self, slot: int, low: int) -> list[bytes]:
        """The pieces of batches that begin at ``low`` in their hundred, up to its end at most; made once a number of digits."""
        count = min(self.count, HUNDRED - low)
        pieces = self.pieces[low] = self.commands.pieces(low, count, len(str(slot)))
        return pieces

    def take(self, connection: DataConnection) -> None:
        """Let this connection go the short way from now on."""
        if not connection.short and self.count <= LONGEST_BATCH:
            assert connection.stream is not None
            connection.short = True
            if connection.node != self.node:
                self.node = connection.node
                self.turn_page(self.loop.next)
            make = self._single if self.count == 1 else self._several
            connection.handle_readable(make(connection, connection.stream))

    def _single(self, connection: DataConnection, stream: Stream) -> Callable[[int], None]:
        lane, loop, header = self, self.loop, self.header
        receive, send, in_flight = stream.recv, stream.send, connection.in_flight
        pieces = self.pieces

        def readable(mask: int) -> None:
            try:
                data = receive(RECEIVE_BYTES)
            except OSError:
                connection.readable(mask)
                return
            exchange = in_flight[0] if len(in_flight) == 1 else None
            if exchange is None or exchange.oks != data or not (loop.running and connection.ready) or exchange.got:
                connection.arrived(data)
                return
            slot, done = loop.next, exchange.slots.start
            if (slot >= lane.end or slot >= lane.digits_end or done < lane.first) and not lane.fits(slot, done):
                connection.arrived(data)
                return
            now = monotonic_ns()
            at = done - lane.first
            lane.completed[at] = now
            lane.outcome[at] = OK
            header[ACKNOWLEDGED] += 1
            header[LAST_ACK_NS] = now
            at = slot - lane.first
            lane.intended[at] = lane.invoked[at] = now
            loop.next = header[SLOTS] = slot + 1
            exchange.slots = range(slot, slot + 1)
            exchange.sent_ns = now
            hundreds, low = divmod(slot, HUNDRED)
            data = (b"%d" % hundreds).join(pieces.get(low) or lane.cut(slot, low))
            try:
                sent = send(data)
            except OSError:
                sent = 0
            if sent != len(data):
                connection.keep(data[sent:])

        return readable

    def _several(self, connection: DataConnection, stream: Stream) -> Callable[[int], None]:
        lane, loop, header, count, width = self, self.loop, self.header, self.count, 8 * self.count
        receive, send, in_flight, bytes_of = stream.recv, stream.send, connection.in_flight, self.bytes_of
        oks = BYTES[OK] * count

        def readable(mask: int) -> None:
            try:
                data = receive(RECEIVE_BYTES)
            except OSError:
                connection.readable(mask)
                return
            exchange: Exchange | None = in_flight[0] if len(in_flight) == 1 else None
            if exchange is None or exchange.oks != data or not (loop.running and connection.ready) or exchange.got:
                connection.arrived(data)
                return
            slot, done = loop.next, exchange.slots.start
            stop = slot + count
            if len(exchange.slots) != count or not (
                (stop <= lane.end and stop <= lane.digits_end and done >= lane.first) or lane.fits(slot, done)
            ):
                connection.arrived(data)
                return
            now = monotonic_ns()
            times = now.to_bytes(8, "little") * count
            memory = lane.memory
            at = COMPLETED + 8 * (done - lane.first)
            memory[at : at + width] = times
            at = OUTCOME + done - lane.first
            memory[at : at + count] = oks
            header[ACKNOWLEDGED] += count
            header[LAST_ACK_NS] = now
            at = INTENDED + 8 * (slot - lane.first)
            memory[at : at + width] = times
            at += INVOKED - INTENDED
            memory[at : at + width] = times
            loop.next = header[SLOTS] = stop
            exchange.slots = range(slot, stop)
            exchange.sent_ns = now
            data = bytes_of(slot)
            try:
                sent = send(data)
            except OSError:
                sent = 0
            if sent != len(data):
                connection.keep(data[sent:])

        return readable
