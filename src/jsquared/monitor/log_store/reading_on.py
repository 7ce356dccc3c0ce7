"""Reading on in a file from where it was read to, a batch of whole lines at a time.

A file is known by its beginning and by its name without what rotation adds: renamed, copied, or packed later, it is still the same one,
and what replaces it under its name is another one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

from jsquared.logs.journal_export import BEGINNING, export_entries
from jsquared.logs.server_lines import parse_line
from jsquared.monitor.log_store.event_store import LogStore, Position
from jsquared.monitor.log_store.line_reader import LineReader
from jsquared.monitor.log_store.log_event import StoredLine
from jsquared.monitor.logs.log_files import LARGEST_BYTES, without_zeros
from jsquared.monitor.logs.node_logs import LONGEST_LINE_BYTES

HEAD_BYTES = 1024
CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Batch:
    """Lines to keep, together with how far files are read with them."""

    lines: list[StoredLine]
    positions: list[Position]


class Readings:
    """How far each file has been read: what the store knows, and what has been read since."""

    def __init__(self, store: LogStore) -> None:
        self._store = store
        self._of: dict[str, list[Position]] = {}

    def read_on(self, file: BinaryIO, stem: str, reader: LineReader, *, is_whole: bool) -> Iterator[Batch]:
        """Yield what was not read before of a file that can be sought in.

        :param is_whole: it will not grow, so its last line may lack its end.
        """
        file.seek(0)
        head = file.read(HEAD_BYTES)
        if head.startswith(BEGINNING):
            yield from self._journal(file, stem, reader)
            return
        at = self._position(stem, head)
        file.seek(at.offset)
        left = b""
        while chunk := file.read(CHUNK_BYTES):
            whole, left = _whole_lines(left + chunk)
            if whole:
                at = self._moved(at, at.offset + len(whole))
                yield Batch(list(reader.lines(_cut(whole))), [at])
        if left and is_whole:
            at = self._moved(at, at.offset + len(left))
            yield Batch(list(reader.lines(_cut(left))), [at])

    def _journal(self, file: BinaryIO, stem: str, reader: LineReader) -> Iterator[Batch]:
        """An exported journal, whose entries have several lines each: read once it is there, whole."""
        file.seek(0)
        data = file.read(LARGEST_BYTES)
        at = self._position(stem, data[:HEAD_BYTES])
        if at.offset < len(data):
            read = (reader.line(entry, parse_line(entry.text)) for entry in export_entries(data))
            yield Batch([line for line in read if line is not None], [self._moved(at, len(data))])

    def _position(self, stem: str, head: bytes) -> Position:
        """How far the file with this beginning was read."""
        known = self._of.setdefault(stem, [])
        if not known:
            known += self._store.positions(stem)
        same = [one for one in known if one.head and head.startswith(one.head)]
        cut = [
            one for one in known if head and one.head.startswith(head)
        ]  # it has lost its end, or is just being copied
        if not (same or cut):
            return Position(stem, head, 0)
        at = max(same or cut, key=lambda one: len(one.head))
        if len(at.head) < len(head):
            self._store.grow_head(at, head)
            known.remove(at)
            at = replace(at, head=head)
            known.append(at)
        return at

    def _moved(self, at: Position, offset: int) -> Position:
        known = self._of[at.stem]
        moved = replace(at, offset=offset)
        known[:] = [one for one in known if one.head != at.head] + [moved]
        return moved


def _whole_lines(data: bytes) -> tuple[bytes, bytes]:
    """What ends with the last line feed, and the rest; a line without end is cut where it is too long."""
    end = data.rfind(b"\n") + 1
    if len(data) - end > 4 * CHUNK_BYTES:
        end = len(data)
    return data[:end], data[end:]


def _cut(data: bytes) -> Iterator[bytes]:
    """Every line, of long ones the beginning; zero bytes end a line, as a loss of power does."""
    for line in (without_zeros(data) if b"\0" in data else data).split(b"\n"):
        yield line[:LONGEST_LINE_BYTES]
