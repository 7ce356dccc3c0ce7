"""Puts batches of writes into the history: slices of its columns rather than an object a write.

A batch is a ``range`` of slots that lies in one chunk; its step is the number of connections that share the load. The outcome
column is always written last, and the counters after it, so that a kill at any moment leaves nothing half said.
"""

from array import array

from jsquared.records.history import (
    CHUNK_SLOTS,
    FAIL,
    NO_NODE,
    OK,
    PENDING,
    UNKNOWN,
    HistoryWriter,
)

SLOTS, ACKNOWLEDGED, LAST_ACK_NS, NODE, FAILED, UNKNOWN_WORD = 1, 2, 3, 4, 5, 6
BYTES = [bytes((value,)) for value in range(256)]


def chunk_end(slot: int) -> int:
    """The first slot after the chunk that holds ``slot``: where a batch must end at the latest."""
    return (slot // CHUNK_SLOTS + 1) * CHUNK_SLOTS


class Recorder:
    """Records what happens to slots. All times are CLOCK_MONOTONIC ns."""

    def __init__(self, history: HistoryWriter) -> None:
        self._history = history
        self.header = history.header

    def intend(self, slots: range, times: "array[int]") -> None:
        """Writes are due: their intended times, one a slot; ``slots`` has step 1."""
        chunk = self._history.chunk(slots.start)
        first = slots.start % CHUNK_SLOTS
        if len(slots) == 1:
            chunk.intended_ns[first] = times[0]
            chunk.node[first] = NO_NODE
        else:
            chunk.intended_ns[first : first + len(slots)] = times
            chunk.node[first : first + len(slots)] = BYTES[NO_NODE] * len(slots)
        self.header[SLOTS] = slots.stop

    def invoke(self, slots: range, now_ns: int, node: int) -> None:
        """Writes go out now, to data node ``node``."""
        chunk = self._history.chunk(slots.start)
        first = slots.start % CHUNK_SLOTS
        if len(slots) == 1:
            chunk.invoked_ns[first] = now_ns
            chunk.node[first] = node
            chunk.outcome[first] = PENDING
            return
        count = len(slots)
        where = slice(first, first + count * slots.step, slots.step)
        chunk.invoked_ns[where] = array("q", (now_ns,)) * count
        chunk.node[where] = BYTES[node] * count
        chunk.outcome[where] = BYTES[PENDING] * count

    def invoke_at_once(self, slots: range, now_ns: int, node: int) -> None:
        """Writes of a closed loop: intended when they go out. ``slots`` has step 1."""
        chunk = self._history.chunk(slots.start)
        first = slots.start % CHUNK_SLOTS
        count = len(slots)
        if count == 1:
            chunk.intended_ns[first] = chunk.invoked_ns[first] = now_ns
            chunk.node[first] = node
            chunk.outcome[first] = PENDING
        else:
            last = first + count
            chunk.intended_ns[first:last] = chunk.invoked_ns[first:last] = array("q", (now_ns,)) * count
            chunk.node[first:last] = BYTES[node] * count
            chunk.outcome[first:last] = BYTES[PENDING] * count
        self.header[SLOTS] = slots.stop

    def acknowledge(self, slots: range, now_ns: int, replicas: int) -> None:
        """All of these were acknowledged, by ``replicas`` replicas where the client waited for them."""
        self._complete(slots, now_ns, OK, 0, replicas)
        header = self.header
        header[ACKNOWLEDGED] += len(slots)
        header[LAST_ACK_NS] = now_ns

    def fail(self, slots: range, now_ns: int, error: int) -> None:
        """None of these was applied, for certain."""
        self._complete(slots, now_ns, FAIL, error, 0)
        self.header[FAILED] += len(slots)

    def replied(self, slot: int, kind: int, value: int) -> None:
        """Record the replies to an operation, before its outcome is known; only where the history has a place for it."""
        chunk = self._history.chunk(slot)
        chunk.reply[slot % CHUNK_SLOTS] = value
        chunk.reply_kind[slot % CHUNK_SLOTS] = kind

    def doubt(self, slots: range, now_ns: int, error: int, replicas: int = 0) -> None:
        """Nobody knows whether these were applied."""
        self._complete(slots, now_ns, UNKNOWN, error, replicas)
        self.header[UNKNOWN_WORD] += len(slots)

    def _complete(self, slots: range, now_ns: int, outcome: int, error: int, replicas: int) -> None:
        chunk = self._history.chunk(slots.start)
        first = slots.start % CHUNK_SLOTS
        count = len(slots)
        if count == 1:
            chunk.completed_ns[first] = now_ns
            if error or replicas:
                chunk.error[first] = error
                chunk.replicas[first] = min(replicas, 255)
            chunk.outcome[first] = outcome
            return
        where = slice(first, first + count * slots.step, slots.step)
        chunk.completed_ns[where] = array("q", (now_ns,)) * count
        if error or replicas:
            chunk.error[where] = BYTES[error] * count
            chunk.replicas[where] = BYTES[min(replicas, 255)] * count
        chunk.outcome[where] = BYTES[outcome] * count

    @property
    def acknowledged(self) -> int:
        """How many writes were acknowledged so far."""
        return self.header[ACKNOWLEDGED]

    def connected_to(self, node: int) -> None:
        """The data node that writes go to from now on, -1 for none."""
        self.header[NODE] = node
