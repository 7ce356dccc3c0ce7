"""OSV files as users have them: one, a folder of them, or a zip of them; bounded, since they may be a stranger's."""

import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from jsquared.deployment.model.input_files import check_given, readable
from jsquared.errors import BadInputError
from jsquared.records.reading import open_regular, read_bounded

LARGEST_OSV_BYTES = 1 << 20
LARGEST_ZIP_BYTES = 512 << 20
MOST_DIRECTORY_BYTES = 32 << 20
"""So large may a zip's list of its files be, all of which is read at once."""
MOST_FILES = 300_000
"""A whole ecosystem of OSV has up to a quarter of a million."""
MOST_READ_BYTES = 2 << 30
DEEPEST = 5
_HINT = "a file of OSV, a folder or a zip of them, from https://osv.dev"
_BROKEN = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, struct.error, KeyError, IndexError, OverflowError,
    NotImplementedError, RuntimeError, AttributeError,
)  # fmt: skip
_END_OF_ZIP = b"PK\x05\x06"


class OsvFile(NamedTuple):
    """A file with its name for messages; of one that cannot be read, why."""

    name: str
    data: bytes
    problem: str = ""


def is_whole_feed(path: Path) -> bool:
    """True if it may be all of a source's advisories, and not one file."""
    return path.is_dir() or path.suffix.lower() == ".zip"


def osv_files(path: Path) -> Iterator[OsvFile]:
    """Return every JSON file there that mentions Redis or Valkey; of one file itself, whatever it mentions.

    :raises BadInputError: it is missing, of another kind, damaged or too large.
    """
    check_given(path)
    if path.is_dir():
        yield from _of_folder(path)
    elif path.suffix.lower() == ".zip":
        with open_regular(path, LARGEST_ZIP_BYTES, named=True) as file:
            yield from _of_zip(file, readable(str(path)))
    else:
        yield OsvFile(readable(path.name), read_bounded(path, LARGEST_OSV_BYTES, named=True))


def _mentions(data: bytes) -> bool:
    return b"redis" in data or b"valkey" in data


class _Budget:
    """Count files and bytes, and refuse more than a feed has."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._files = self._bytes = 0

    def take(self, size_bytes: int) -> None:
        """Count a file.

        :raises BadInputError: there are too many.
        """
        self._files += 1
        self._bytes += size_bytes
        if self._files > MOST_FILES or self._bytes > MOST_READ_BYTES:
            what = f"more than {MOST_FILES:,} files or {MOST_READ_BYTES >> 30} GiB"
            raise BadInputError(what, where=self._where, hint="the advisories of one ecosystem")


def _of_folder(path: Path) -> Iterator[OsvFile]:
    budget, found = _Budget(readable(str(path))), False
    for file in _json_files(path, budget, DEEPEST):
        found = True
        name = readable(file.name)
        try:
            data = read_bounded(file, LARGEST_OSV_BYTES)
        except BadInputError as problem:
            yield OsvFile(name, b"", problem.what)
            continue
        budget.take(len(data))
        if _mentions(data):
            yield OsvFile(name, data)
    if not found:
        raise BadInputError("has no JSON files", where=readable(str(path)), hint=_HINT)


def _json_files(folder: Path, budget: _Budget, deep: int) -> Iterator[Path]:
    """Return the JSON files of a folder in the order of their names; links are not followed."""
    try:
        with os.scandir(folder) as listing:
            entries = []
            for entry in listing:
                budget.take(0)
                entries.append((entry.name, entry.is_dir(follow_symlinks=False)))
    except OSError as problem:
        what = f"unreadable: {problem.strerror}"
        raise BadInputError(what, where=readable(str(folder)), hint="a folder that you may read") from problem
    for name, is_folder in sorted(entries):
        if is_folder and deep:
            yield from _json_files(folder / name, budget, deep - 1)
        elif not is_folder and name.lower().endswith(".json"):
            yield folder / name


def _of_zip(file: BinaryIO, where: str) -> Iterator[OsvFile]:
    budget, found = _Budget(where), False
    for info, opened in _explained(lambda: _members(file), where):
        if info.is_dir() or not info.filename.lower().endswith(".json"):
            continue
        found, name = True, readable(Path(info.filename).name)
        problem = _refusal(info)
        if problem:
            yield OsvFile(name, b"", problem)
            continue
        budget.take(info.file_size)
        try:
            data = opened(info)
        except _BROKEN as failure:
            yield OsvFile(name, b"", f"cannot be unpacked: {readable(str(failure))}")
            continue
        if _mentions(data):
            yield OsvFile(name, data)
    if not found:
        raise BadInputError("the archive has no JSON files", where=where, hint=_HINT)


Opened = Callable[[zipfile.ZipInfo], bytes]


def _members(file: BinaryIO) -> Iterator[tuple[zipfile.ZipInfo, Opened]]:
    _check_directory(file)
    with zipfile.ZipFile(file) as archive:

        def opened(info: zipfile.ZipInfo) -> bytes:
            with archive.open(info) as member:
                data = member.read(LARGEST_OSV_BYTES + 1)
            if len(data) != info.file_size:
                raise zipfile.BadZipFile("has another size than it says")
            return data

        yield from ((info, opened) for info in archive.infolist())


def _explained(
    members: Callable[[], Iterator[tuple[zipfile.ZipInfo, Opened]]], where: str
) -> Iterator[tuple[zipfile.ZipInfo, Opened]]:
    """Turn what is wrong with the archive as a whole into one line."""
    try:
        yield from members()
    except _BROKEN as problem:
        what = f"cannot be unpacked: {readable(str(problem)) or type(problem).__name__}"
        raise BadInputError(what, where=where, hint=_HINT) from problem


def _check_directory(file: BinaryIO) -> None:
    """Refuse a zip whose list of files would take more memory to read than any feed needs."""
    end = file.seek(0, os.SEEK_END)
    file.seek(max(0, end - (1 << 16) - 22))
    tail = file.read()
    at = tail.rfind(_END_OF_ZIP)
    if at < 0 or len(tail) < at + 22:
        raise zipfile.BadZipFile("its end is missing")
    (size_bytes,) = struct.unpack_from("<I", tail, at + 12)
    if size_bytes > MOST_DIRECTORY_BYTES:
        raise zipfile.BadZipFile("its list of files is too long")
    file.seek(0)


def _refusal(info: zipfile.ZipInfo) -> str:
    if info.flag_bits & 1:
        return "is encrypted"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "is packed in another way than 'deflate'"
    return f"more than {LARGEST_OSV_BYTES:,} bytes" if info.file_size > LARGEST_OSV_BYTES else ""
