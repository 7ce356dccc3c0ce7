"""Files and folders of logs that grow, are rotated and packed while they are read; each line is read once, also across restarts."""

import contextlib
import gzip
import io
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from jsquared.deployment.model.input_files import (
    LONGEST_PLACE,
    check_given,
    is_never_read,
    open_checked,
    read_bytes,
    readable,
    resolved,
)
from jsquared.deployment.read.archive import LARGEST_ARCHIVE_BYTES
from jsquared.errors import BadInputError
from jsquared.monitor.log_store.event_store import LogStore
from jsquared.monitor.log_store.line_reader import LineReader
from jsquared.monitor.log_store.log_event import LONGEST_NAME, kept
from jsquared.monitor.log_store.reading_on import Batch, Readings
from jsquared.monitor.logs.log_files import LARGEST_BYTES, Found, files_below, is_archive, is_text, stem_of

MOST_HELD = 200
"""So many files are held open, so that what is written to them after they were renamed is read too."""
BEGINNING_BYTES = 4096
"""By so much of a file it is judged whether it is text."""
_PACKED = b"\x1f\x8b"
_UNREADABLE = (BadInputError, OSError, EOFError, zlib.error)


@dataclass
class _Followed:
    """A file under its present name."""

    stem: str
    reader: LineReader
    held: BinaryIO | None = None
    seen: tuple[int, ...] = ()
    """Device, inode, size and time of the last change when it was last read."""


class FollowedFiles:
    """All files and folders that were given. ``skipped`` says of each file that is not read why."""

    def __init__(self, given: Sequence[Path], store: LogStore, *, goes_on: bool) -> None:
        """Look at what was given; nothing is read yet.

        :param goes_on: whether files may still grow: their last line is read only once it has its end.
        :raises BadInputError: one of the paths is not there, or may not be read.
        """
        self._given = {_checked(path): path for path in given}
        self._goes_on = goes_on
        self._readings = Readings(store)
        self._known: dict[Path, _Followed] = {}
        self._names: dict[str, str] = {}
        self.skipped: dict[str, str] = {}

    def batches(self) -> Iterator[Batch]:
        """Yield what is new in all files, once around; each batch has to be kept before the next is asked for.

        :raises BadInputError: a file that was itself given cannot be read.
        """
        present = dict(self._files())
        self._give_names(stem_of(str(path)) for path in present)
        for path, shown in present.items():
            try:
                yield from self._of_file(path, shown)
            except _UNREADABLE as problem:
                if path in self._given and not self._goes_on:
                    raise _unreadable(problem, shown) from problem
                self.skipped[shown] = problem.what if isinstance(problem, BadInputError) else str(problem)

    def close(self) -> None:
        """Let go of all files."""
        for followed in self._known.values():
            if followed.held is not None:
                followed.held.close()

    def _files(self) -> Iterator[tuple[Path, str]]:
        found = Found()
        for path, given in self._given.items():
            if path.is_dir():
                own = path / "logs"
                inside = own if (path / "plan.json").is_file() and own.is_dir() else path
                yield from files_below(inside, inside.name, 0, found)
            else:
                yield path, readable(str(given), LONGEST_PLACE)
        for each in found.skipped:
            where, _, why = each.rpartition(": ")
            self.skipped[where] = why

    def _give_names(self, stems: Iterable[str]) -> None:
        """Call each by the last parts of its path that no other has; a name that was given stays."""
        paths = {stem: PurePosixPath(stem).parts for stem in (*stems, *self._names)}
        for stem, parts in paths.items():
            if stem not in self._names:
                others = [path for path in paths.values() if path != parts]
                length = next((n for n in range(1, len(parts)) if all(path[-n:] != parts[-n:] for path in others)), 0)
                self._names[stem] = kept("/".join(parts[-length:]), LONGEST_NAME)

    def _of_file(self, path: Path, shown: str) -> Iterator[Batch]:
        with contextlib.suppress(FileNotFoundError):
            about = path.stat()
            now = (about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns)
            before = self._known.get(path)
            if before is not None and before.seen[:2] != now[:2]:
                yield from self._rest_of(before)
                before = None
            if before is None:
                stem = stem_of(str(path))
                reader = LineReader(self._names.get(stem, stem), kept(shown, LONGEST_NAME), about.st_mtime)
                before = self._known[path] = _Followed(stem, reader)
            if before.seen != now:
                before.seen = now
                yield from self._grown(before, path, shown)

    def _rest_of(self, renamed: _Followed) -> Iterator[Batch]:
        """What was written to a file before its name went to another."""
        if renamed.held is not None:
            yield from self._readings.read_on(renamed.held, renamed.stem, renamed.reader, is_whole=True)
            renamed.held.close()
            renamed.held = None

    def _grown(self, followed: _Followed, path: Path, shown: str) -> Iterator[Batch]:
        if is_archive(path.name):
            found = Found()
            data = read_bytes(path, LARGEST_ARCHIVE_BYTES, shown=Path(shown), kind="log")
            found.add(shown, data, 1970)
            if shown in found.unread:
                raise found.unread[shown]
            self.skipped.update({place: problem.what for place, problem in found.unread.items()})
            for member in found.files:
                reader = LineReader(member.stem, kept(member.shown, LONGEST_NAME), path.stat().st_mtime)
                stem = f"{followed.stem}:{member.stem}"
                yield from self._readings.read_on(io.BytesIO(member.data), stem, reader, is_whole=True)
            return
        if followed.held is not None:
            yield from self._read(followed, followed.held, shown)
            return
        with contextlib.ExitStack() as closing:
            file = closing.enter_context(open_checked(path, Path(shown), "log"))
            yield from self._read(followed, file, shown)
            if self._goes_on and sum(one.held is not None for one in self._known.values()) < MOST_HELD:
                closing.pop_all()
                followed.held = file

    def _read(self, followed: _Followed, file: BinaryIO, shown: str) -> Iterator[Batch]:
        file.seek(0)
        beginning = file.read(BEGINNING_BYTES)
        is_packed = beginning.startswith(_PACKED)
        if is_packed:
            file.seek(0)
            with gzip.GzipFile(fileobj=file) as packed:
                data = packed.read(LARGEST_BYTES + 1)
            if len(data) > LARGEST_BYTES:
                raise BadInputError(f"more than {LARGEST_BYTES >> 20} MiB when unpacked", where=shown)
            file, beginning = io.BytesIO(data), data[:BEGINNING_BYTES]
        is_blank = beginning == bytes(
            BEGINNING_BYTES
        )  # what a rotation cut while its server wrote on: lines may follow
        if not is_blank and not is_text(beginning):
            self.skipped[shown] = "no text"
            return
        is_whole = is_packed or not self._goes_on
        yield from self._readings.read_on(file, followed.stem, followed.reader, is_whole=is_whole)


def _checked(path: Path) -> Path:
    check_given(path)
    whole = resolved(path)
    if whole is None or is_never_read(whole) or not whole.exists():
        raise BadInputError("no such file", where=readable(str(path), LONGEST_PLACE), hint="log files, or a folder")
    return whole


def _unreadable(problem: Exception, shown: str) -> BadInputError:
    if isinstance(problem, BadInputError):
        return problem
    return BadInputError(f"cannot be read: {readable(str(problem))}", where=shown, hint="the file as it was written")
