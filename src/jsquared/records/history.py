"""The history: every operation with its intended, invoked and completed time and its outcome.

While a trial runs, each client appends to a file of its own (``history/<client>.ops``) through a shared memory map: a slot is
filled when the operation is invoked and completed in place, without system calls, so a killed client or a killed lab
leaves everything up to the last moment. The number of a slot is the number of the write: client ``c`` writes key ``<prefix>c:i``
in slot ``i`` with a value that repeats the key, so neither needs recording. Afterwards the whole becomes ``history.parquet``.
Its operations with a model are in ``history/<client>.operations.ops``, in the same form: what operation ``i`` was follows from ``i``
(:mod:`jsquared.records.models.catalogue`).

File layout (little endian): a 4096-byte header, then chunks of 65,536 slots, each chunk column by column.

Header: magic ``JSQHIST1``, or ``JSQHIST2`` where two more columns have what the replies to each operation said; then signed 64-bit
words, by index from offset 8:
0 client number, 1 slots filled (intended), 2 acknowledged, 3 monotonic ns of the last acknowledgement,
4 data-node number of the current connection (-1 none), 5 failed, 6 unknown.
"""

import mmap
import os
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from jsquared.errors import BadInputError
from jsquared.records.reading import LARGEST_HISTORY_BYTES, open_regular

MAGIC, MAGIC_WITH_REPLIES = b"JSQHIST1", b"JSQHIST2"
HEADER_BYTES = 4096
CHUNK_SLOTS = 65_536

# Outcomes. PENDING is what a slot says between invocation and reply: read back after a kill it means unknown.
EMPTY, PENDING, OK, FAIL, UNKNOWN = range(5)
OUTCOME_NAMES = ("empty", "pending", "ok", "fail", "unknown")

# Why an operation is not ok. The server's own words decide whether a failure is certain (docs/reference/history.md).
ERROR_NAMES = (
    "",
    "no primary known",  # not sent
    "connection refused",  # not sent
    "READONLY",
    "NOREPLICAS",
    "LOADING",
    "MISCONF",
    "OOM",
    "BUSY",
    "MASTERDOWN",
    "NOAUTH",
    "NOPERM",
    "other error reply",
    "timeout",
    "connection lost",
    "too few replicas acknowledged",
    "stopped in flight",
    "UNBLOCKED",
    "partly refused",
    "not available here",  # not sent
)
ERROR_CODES = {name: code for code, name in enumerate(ERROR_NAMES)}
UNREPLIED = frozenset(ERROR_CODES[name] for name in ("", "timeout", "connection lost", "stopped in flight"))
"""Why an operation is unknown that may still be applied later; for all other reasons the server had replied to it."""
NO_NODE = 255
KEY_PREFIX = "jsq:"
"""What every key that a trial writes begins with."""

# What a read-back found in a node for a slot.
NOT_READ, ABSENT, PRESENT, DIFFERENT = range(4)

# What is kept of the replies to an operation with a model (records/models/kept_replies.py).
NOT_RECORDED, NUMBER, IDENTIFIER, DIGEST = range(4)
REPLY_KIND_NAMES = ("", "number", "identifier", "digest")

# (name, struct code, bytes): the columns of a chunk, in order.
Columns = tuple[tuple[str, Literal["q", "B"], int], ...]
COLUMNS: Columns = (
    ("intended_ns", "q", 8),
    ("invoked_ns", "q", 8),
    ("completed_ns", "q", 8),
    ("outcome", "B", 1),
    ("error", "B", 1),
    ("node", "B", 1),
    ("replicas", "B", 1),
)
REPLY_COLUMNS: Columns = (("reply", "q", 8), ("reply_kind", "B", 1))


@dataclass(frozen=True)
class Layout:
    """The form of a live file, told by its magic."""

    magic: bytes
    columns: Columns

    @property
    def chunk_bytes(self) -> int:
        """Return the length of a chunk."""
        return CHUNK_SLOTS * sum(width for _, _, width in self.columns)


PLAIN = Layout(MAGIC, COLUMNS)
WITH_REPLIES = Layout(MAGIC_WITH_REPLIES, COLUMNS + REPLY_COLUMNS)
LAYOUTS = {layout.magic: layout for layout in (PLAIN, WITH_REPLIES)}

HEADER_WORDS = ("client", "slots", "acknowledged", "last_ack_ns", "node", "failed", "unknown")


class Chunk:
    """The columns of 65,536 slots as writable memory views, indexed by slot number within the chunk."""

    intended_ns: memoryview
    invoked_ns: memoryview
    completed_ns: memoryview
    outcome: memoryview
    error: memoryview
    node: memoryview
    replicas: memoryview
    reply: memoryview
    reply_kind: memoryview
    """The last two only where the layout has them."""

    def __init__(self, view: memoryview, columns: Columns = COLUMNS) -> None:
        offset = 0
        self._views: list[memoryview] = []
        for name, code, width in columns:
            end = offset + width * CHUNK_SLOTS
            self._views.append(view[offset:end].cast(code))
            setattr(self, name, self._views[-1])
            offset = end

    def release(self) -> None:
        """Let go of the map so that it can be closed."""
        for view in self._views:
            view.release()


class HistoryWriter:
    """Appends one client's operations. Standard library only: a client process must start in tens of milliseconds.

    ``header`` is a memory view of signed 64-bit words (see ``HEADER_WORDS``); ``chunk(slot)`` gives the columns for a slot.
    The writer's user fills views directly: slices of them take whole batches at once.
    """

    def __init__(self, path: Path, client_number: int, layout: Layout = PLAIN) -> None:
        self._layout = layout
        # In place: where a client is confined, this file is all that it may write.
        flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        self._file = os.fdopen(os.open(path, flags, 0o600), "w+b")
        self._file.truncate(HEADER_BYTES)
        self._header_map = mmap.mmap(self._file.fileno(), HEADER_BYTES)
        self._header_map[: len(MAGIC)] = layout.magic
        self._header_view = memoryview(self._header_map)
        self.header = self._header_view[8 : 8 + 8 * len(HEADER_WORDS)].cast("q")
        self.header[0] = client_number
        self.header[4] = -1
        self._maps: list[tuple[mmap.mmap, memoryview, Chunk]] = []

    def chunk(self, slot: int) -> Chunk:
        """The chunk that holds ``slot``, made when it does not exist yet (its index in the chunk: ``slot % CHUNK_SLOTS``)."""
        number = slot // CHUNK_SLOTS
        while number >= len(self._maps):
            self._grow()
        return self._maps[number][2]

    def _grow(self) -> None:
        size = self._layout.chunk_bytes
        start = HEADER_BYTES + len(self._maps) * size
        # Allocated, not only sized: on a full disk a write through the map would end the process by SIGBUS.
        os.posix_fallocate(self._file.fileno(), start, size)
        chunk_map = mmap.mmap(self._file.fileno(), size, offset=start)
        view = memoryview(chunk_map)
        self._maps.append((chunk_map, view, Chunk(view, self._layout.columns)))

    def close(self) -> None:
        """Unmap and close; the file stays as it is."""
        for chunk_map, view, chunk in self._maps:
            chunk.release()
            view.release()
            chunk_map.close()
        self._maps.clear()
        self.header.release()
        self._header_view.release()
        self._header_map.close()
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class HistoryPeek:
    """Reads the live counters of a client's history while it is being written."""

    def __init__(self, path: Path) -> None:
        with open_regular(path, LARGEST_HISTORY_BYTES) as file:
            try:
                self._map = mmap.mmap(file.fileno(), HEADER_BYTES, prot=mmap.PROT_READ)
            except ValueError as problem:  # shorter than a header
                raise BadInputError("not a history file", where=str(path)) from problem
        if self._map[: len(MAGIC)] not in LAYOUTS:
            self._map.close()
            raise BadInputError("not a history file", where=str(path))
        self._view = memoryview(self._map)
        self._words = self._view[8 : 8 + 8 * len(HEADER_WORDS)].cast("q")

    @property
    def slots(self) -> int:
        """Writes intended so far."""
        return int(self._words[1])

    @property
    def acknowledged(self) -> int:
        """Writes acknowledged so far."""
        return int(self._words[2])

    @property
    def last_ack_ns(self) -> int:
        """CLOCK_MONOTONIC ns of the latest acknowledgement, 0 before the first."""
        return int(self._words[3])

    @property
    def node(self) -> int:
        """Number of the data node that the client is connected to, -1 for none."""
        return int(self._words[4])

    @property
    def failed(self) -> int:
        """Writes so far that were certainly not applied."""
        return int(self._words[5])

    @property
    def unknown(self) -> int:
        """Writes so far of which no one knows whether they were applied."""
        return int(self._words[6])

    def close(self) -> None:
        """Unmap."""
        self._words.release()
        self._view.release()
        self._map.close()


def key_of(prefix: str, client_number: int, slot: int) -> bytes:
    """The key of a write: ``<prefix><client>:<slot>``; the value starts with the same bytes."""
    return b"%s%d:%d" % (prefix.encode(), client_number, slot)
