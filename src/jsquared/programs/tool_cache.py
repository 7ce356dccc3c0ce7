"""The fetched tools: ``~/.cache/jsquared/tools/NAME/VERSION/``, each with its unpacked packages in ``root/`` and a record, ``tool.json``.

A version appears and goes in one step. What others could have written to is never run: a folder that is not this user's alone counts as
empty.
"""

import contextlib
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import msgspec

from jsquared.errors import BadInputError, LabError
from jsquared.records.private_files import cache_folder, is_ours_alone, make_private_folder, write_private
from jsquared.records.reading import read_bounded
from jsquared.text import encode_json

RECORD, ROOT = "tool.json", "root"
STAGING = ".fetch-"
"""What the names of unfinished folders begin with."""
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+~_-]{0,100}")
_LARGEST_RECORD_BYTES = 1 << 20
ADVICE = "XDG_CACHE_HOME=FOLDER, a folder of your own that you may write to"


class FetchedPackage(msgspec.Struct, frozen=True, kw_only=True):
    """A package as it came from the distribution: ``sha256`` is that of its file."""

    name: str
    version: str
    architecture: str
    sha256: str
    uri: str = ""


class FetchedProgram(msgspec.Struct, frozen=True, kw_only=True):
    """A program of a tool: its path below the tool's folder."""

    name: str
    path: str
    sha256: str


class ToolRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The content of ``tool.json``. ``libraries`` are folders below the tool's, for the loader of its programs."""

    name: str
    version: str
    fetched_at: str
    """In UTC, as of ISO 8601: of several versions the last one that was fetched is used."""
    packages: tuple[FetchedPackage, ...] = ()
    programs: tuple[FetchedProgram, ...] = ()
    libraries: tuple[str, ...] = ()


@dataclass(frozen=True)
class CachedTool:
    """A fetched tool: its folder and its record."""

    folder: Path
    record: ToolRecord

    @property
    def libraries(self) -> tuple[str, ...]:
        """The folders with its own shared libraries, as absolute paths."""
        return tuple(str(self.folder / path) for path in self.record.libraries)

    def program(self, name: str) -> FetchedProgram | None:
        """The program of that name."""
        return next((program for program in self.record.programs if program.name == name), None)

    def path_of(self, program: FetchedProgram) -> Path:
        """The place of one of its programs."""
        return self.folder / program.path


def tools_folder() -> Path:
    """The folder of all fetched tools; it may not exist."""
    return cache_folder() / "tools"


def make_tools_folder() -> Path:
    """Make the folder of all fetched tools.

    :raises LabError: it cannot be made, is somebody else's, or has a name that no loader could be told.
    """
    folder = tools_folder()
    if not folder.is_absolute():
        raise LabError("there is no cache folder: this user has no home", where="jsquared tools", hint=ADVICE)
    if set(str(folder)) & set(":;$\n"):  # ld.so(8) takes these as separators, and for variables
        what = "a path with ':', ';' or '$' cannot hold programs with libraries"
        raise LabError(what, where=str(folder), hint="XDG_CACHE_HOME with another folder")
    with explain_cache_errors(folder):
        make_private_folder(folder, exist_ok=True)
        if not is_ours_alone(folder):
            raise LabError("others may write to it, so nothing is run from there", where=str(folder), hint=ADVICE)
    return folder


@contextlib.contextmanager
def explain_cache_errors(folder: Path) -> Iterator[None]:
    """Turn the system's refusals to read or write there into one line.

    :raises LabError: it refuses.
    """
    try:
        yield
    except OSError as problem:
        what = f"cannot be written: {problem.strerror or problem}"
        raise LabError(what, where=str(problem.filename or folder), hint=ADVICE) from problem


def newest(name: str) -> CachedTool | None:
    """The version of a tool that was fetched last; None where there is none."""
    return max(versions(name), key=lambda tool: (tool.record.fetched_at, tool.folder.name), default=None)


def versions(name: str) -> list[CachedTool]:
    """Every version of a tool that was fetched and can be read."""
    folder = tools_folder()
    with contextlib.suppress(OSError):
        if is_ours_alone(folder):
            found = (_read(path) for path in (folder / name).iterdir() if not path.name.startswith("."))
            return [tool for tool in found if tool and tool.record.name == name]
    return []


def containing(path: Path) -> CachedTool | None:
    """The fetched tool that a path lies in; None where it lies elsewhere."""
    folder = tools_folder()
    if not path.is_relative_to(folder):
        return None
    name = path.relative_to(folder).parts[:1]
    return next((tool for tool in versions("".join(name)) if path.is_relative_to(tool.folder)), None)


def _read(folder: Path) -> CachedTool | None:
    """A version in its folder; None where its record cannot be read or leads out of it."""
    try:
        record = msgspec.json.decode(read_bounded(folder / RECORD, _LARGEST_RECORD_BYTES), type=ToolRecord)
    except (BadInputError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    inside = (*(program.path for program in record.programs), *record.libraries)
    return CachedTool(folder, record) if all(map(_stays, inside)) else None


def _stays(path: str) -> bool:
    pure = PurePosixPath(path)
    return bool(path) and not pure.is_absolute() and ".." not in pure.parts


@contextlib.contextmanager
def staging() -> Iterator[Path]:
    """Meanwhile, a folder beside the tools to make a new one in; whoever makes one holds the lock, so those of others are leftovers."""
    remove_leftovers()
    folder = Path(tempfile.mkdtemp(prefix=STAGING, dir=tools_folder()))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_leftovers() -> None:
    """Remove what was left of fetches that were killed; the caller holds the lock."""
    for leftover in tools_folder().glob(f"{STAGING}*"):
        shutil.rmtree(leftover, ignore_errors=True)


def put(made: Path, record: ToolRecord) -> CachedTool:
    """Give a tool that was made in a staging folder its place; one of the same version goes.

    :raises LabError: its version cannot be a folder's name.
    """
    if not _VERSION.fullmatch(record.version):
        raise LabError(f"has a version that cannot be kept: {record.version}", where=f"tool '{record.name}'")
    write_private(made / RECORD, encode_json(record) + b"\n")
    place = tools_folder() / record.name / record.version
    make_private_folder(place.parent, exist_ok=True)
    if place.exists():
        place.rename(made.parent / "replaced")
    made.rename(place)
    return CachedTool(place, record)


def take_away(name: str) -> list[str]:
    """Remove every version of a tool in one step; the versions that there were. The caller holds the lock."""
    folder = tools_folder() / name
    found = sorted(tool.folder.name for tool in versions(name))
    if folder.is_dir():
        with staging() as gone:
            folder.rename(gone / name)
    return found
