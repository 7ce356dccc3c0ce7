"""Log files as people have them: files and folders, packed or not, each read once, whole and bounded.

Everything passes the gate of :mod:`jsquared.deployment.model.input_files`. Links in folders are not followed; archives are read in
memory, never unpacked onto a disk.
"""

import datetime
import gzip
import io
import os
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from jsquared.deployment.model.input_files import (
    LONGEST_PLACE,
    check_given,
    is_never_read,
    read_bytes,
    readable,
    resolved,
)
from jsquared.deployment.read.archive import ENDINGS, LARGEST_ARCHIVE_BYTES, Member, members_of
from jsquared.errors import BadInputError
from jsquared.logs.journal_export import BEGINNING
from jsquared.text import counted

LARGEST_BYTES = 64 << 20
"""Of one file, packed or not."""
MOST_BYTES = 512 << 20
MOST_FILES = 1000
MOST_TIMES_SMALLER = 1032
"""No gzip packs better: what one that could not be read may have cost."""
DEEPEST = 10
"""So many folders may lie within each other."""
NOT_READ = (".html", ".json.gz", ".parquet", ".png", ".rdb", ".aof", ".xz", ".zst", ".bz2", ".conf")
"""Endings of what lies beside logs and is none, or is packed in a way that is not read."""
_ROTATED = re.compile(r"(?:[.-](?:\d{1,4}|\d{8}(?:-?\d{1,10})?|\d{4}-\d\d-\d\d(?:[T_-]?\d{1,6})?|old|bak))+$")
_PACKED = b"\x1f\x8b"
MOST_CONTROLS = 0.05
"""So many of the bytes that are not zero may be controls in a log with zero bytes; of random bytes they are a tenth."""
_CONTROLS = bytes({*range(32), 127} - set(b"\t\n\r\x1b"))
_RUNS = (1 << 16, 1 << 8, 16, 4, 2)
"""Runs of zero bytes that are made shorter, the longest first."""


@dataclass(frozen=True)
class LogFile:
    """A file's bytes, and how it is called: as messages have it, and without what rotation adds."""

    shown: str
    stem: str
    data: bytes
    year: int
    """In which it was written last."""
    zeros: int = 0
    """Bytes that are zero and were skipped."""


@dataclass
class Found:
    """All that was read, and what was not and why."""

    files: list[LogFile] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    unread: dict[str, BadInputError] = field(default_factory=dict)
    """Files that may be logs and could not be read, each with why."""
    size_bytes: int = 0

    def add(self, shown: str, data: bytes, year: int, within: str = "") -> None:
        """Add a file, or the files of an archive; what cannot be unpacked, or is too much, is noted as unread.

        :param within: the archive that it comes from.
        """
        place = f"{within}:{shown}" if within else shown
        try:
            self._check_amount(place)
            if not within and is_archive(shown):
                for member in _members(data, shown):
                    if member.data is not None and not member.name.lower().endswith(NOT_READ):
                        self.add(member.name, member.data, year, within=shown)
                return
            content = _unpacked(data, shown) if data[:2] == _PACKED else data
            self._check_amount(place, len(content))
        except BadInputError as problem:
            self.unread[place] = problem
            self.size_bytes += min(LARGEST_BYTES, MOST_TIMES_SMALLER * len(data))  # so much may have been unpacked
            return
        self.size_bytes += len(content)
        self._keep(place, stem_of(shown), content, year)

    def _check_amount(self, place: str, more_bytes: int = 0) -> None:
        if self.size_bytes + more_bytes > MOST_BYTES or len(self.files) >= MOST_FILES:
            limit = f"more than {MOST_FILES} files or {MOST_BYTES >> 20} MiB"
            raise BadInputError(limit, where=place, hint="the logs around the failover alone")

    def _keep(self, place: str, stem: str, data: bytes, year: int) -> None:
        if not is_text(data):
            self.skipped.append(f"{place}: no text")
        elif data.startswith(BEGINNING):
            self.files.append(LogFile(place, stem, data, year))
        else:
            zeros = data.count(0)
            self.files.append(LogFile(place, stem, without_zeros(data) if zeros else data, year, zeros))


def stem_of(name: str) -> str:
    """A file's path without what rotation and packing add: those of one server have the same."""
    path = PurePosixPath(name)
    base = path.name
    if base.lower().endswith(".gz"):
        base = base[:-3]
    bare = _ROTATED.sub("", base)
    for ending in (".log", ".txt", ".jsonl", ".json", ".out"):
        bare = bare.removesuffix(ending)
        bare = _ROTATED.sub("", bare) or bare
    return (path.parent / (bare or base)).as_posix()


def read_logs(given: Sequence[Path]) -> Found:
    """Read the files, the folders with all below them, and the archives.

    One bad file does not hide the others: it is noted as unread.

    :raises BadInputError: an input does not exist, or none could be read.
    """
    found = Found()
    for path in given:
        check_given(path)
        whole = resolved(path)
        if whole is None or is_never_read(whole):
            raise BadInputError("no such file", where=readable(str(path), LONGEST_PLACE), hint="log files, or a folder")
        if whole.is_dir():
            for file, name in files_below(whole, path.name or whole.name, 0, found):
                _add(found, file, name)
        else:
            _add(found, whole, readable(str(path), LONGEST_PLACE))
    if found.unread and not found.files:
        raise next(iter(found.unread.values()))
    return found


def _add(found: Found, file: Path, shown: str) -> None:
    limit = LARGEST_ARCHIVE_BYTES if shown.lower().endswith(ENDINGS) else LARGEST_BYTES
    try:
        data = read_bytes(file, limit, shown=Path(shown), kind="log")
    except BadInputError as problem:
        found.unread[shown] = problem
        return
    try:
        year = datetime.datetime.fromtimestamp(file.stat().st_mtime, datetime.UTC).year
    except (OSError, ValueError, OverflowError):
        year = datetime.MINYEAR
    found.add(shown, data, year)


def files_below(folder: Path, shown: str, depth: int, found: Found) -> Iterator[tuple[Path, str]]:
    """Every file below a folder that may be a log, in order of names."""
    if depth > DEEPEST:
        found.skipped.append(f"{readable(shown)}: more than {DEEPEST} folders within each other")
        return
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as problem:
        found.skipped.append(f"{readable(shown)}: {problem.strerror}")
        return
    for entry in entries[: 10 * MOST_FILES]:
        name = readable(f"{shown}/{entry.name}", LONGEST_PLACE)
        if entry.is_symlink():
            found.skipped.append(f"{name}: a link")
        elif entry.is_dir(follow_symlinks=False):
            yield from files_below(Path(entry.path), name, depth + 1, found)
        elif not entry.is_file(follow_symlinks=False):
            found.skipped.append(f"{name}: not a regular file")
        elif not name.lower().endswith(NOT_READ):
            yield Path(entry.path), name


def is_archive(name: str) -> bool:
    """True for the name of an archive, which has files of its own."""
    return name.lower().endswith(ENDINGS)


def _members(data: bytes, shown: str) -> list[Member]:
    """All files of an archive: of a damaged one none is used, so that nothing is half read."""
    if len(data) > LARGEST_ARCHIVE_BYTES:
        raise BadInputError("the archive is too large", where=shown, hint="the folder itself")
    return list(members_of(data, shown))


def _unpacked(data: bytes, shown: str) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
            content = packed.read(LARGEST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as problem:
        what = f"cannot be unpacked: {readable(str(problem))}"
        raise BadInputError(what, where=shown, hint="the file as it was before it was packed") from problem
    if len(content) > LARGEST_BYTES:
        what = f"more than {LARGEST_BYTES >> 20} MiB when unpacked"
        raise BadInputError(what, where=shown, hint="the part around the failover")
    return content


def is_text(data: bytes) -> bool:
    """False for what has zero bytes and is no log even without them.

    A log may have zero bytes: a loss of power leaves them at its end, and a rotation that cuts a file to which its server goes on writing
    leaves them at its beginning. In other files, such as memory dumps, there are other controls too. An exported journal may have both.
    """
    zeros = data.count(0)
    if not zeros or data.startswith(BEGINNING):
        return True
    others = len(data) - zeros
    controls = others - len(data.translate(None, _CONTROLS))
    return bool(others) and controls <= others * MOST_CONTROLS


def without_zeros(data: bytes) -> bytes:
    """The same with an end of line in place of zero bytes: the line before them is cut, and the one after them begins.

    However many they are, few ends of lines take their place, and nothing is made that is larger than the data.
    """
    for length in _RUNS:
        data = data.replace(bytes(length), b"\0")
    return data.replace(b"\0", b"\n")


def seen(found: Found) -> str:
    """Say in a few words what there was, for a folder in which nothing could be used."""
    lines = sum(file.data.count(b"\n") for file in found.files)
    skipped = f", and {counted(len(found.skipped), 'file')} of other kinds" if found.skipped else ""
    return f"{counted(len(found.files), 'file')} with {counted(lines, 'line')}{skipped}"
