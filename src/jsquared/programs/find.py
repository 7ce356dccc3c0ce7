"""Finding a program: at the path that was given, else on PATH, else among the fetched tools. Everything that runs one asks here."""

import hashlib
import os
import shutil
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jsquared.errors import BadInputError, LabError
from jsquared.programs import tool_cache
from jsquared.programs.tool import PROGRAMS, KnownProgram
from jsquared.records.library_folders import library_environment
from jsquared.records.program import ProgramRecord, ProgramSource
from jsquared.records.reading import open_regular
from jsquared.sandbox.question import ProgramError, ask

VERSION_LIMIT_S = 10.0
LARGEST_PROGRAM_BYTES = 1 << 30
LONGEST_VERSION = 100


@dataclass(frozen=True)
class Location:
    """The place of a program, and who said so. ``libraries`` are folders with shared libraries of its own."""

    path: Path
    source: ProgramSource
    libraries: tuple[str, ...] = ()


@dataclass(frozen=True)
class Program:
    """A program that was found and has said its version."""

    name: str
    path: Path
    version: str
    sha256: str
    source: ProgramSource
    libraries: tuple[str, ...] = ()
    """Folders that its processes must see, with shared libraries of its own."""

    @property
    def environment(self) -> dict[str, str]:
        """The variables that its processes need, beside what the lab sets for each."""
        return library_environment(self.libraries)

    @property
    def record(self) -> ProgramRecord:
        """Return what a run folder keeps of it."""
        return ProgramRecord(name=self.name, version=self.version, sha256=self.sha256, source=self.source)


def missing(given: Mapping[str, str]) -> list[str]:
    """Return those of these programs that are neither given, nor on PATH, nor fetched.

    :param given: programs to the path of one in the place of any other, empty where none is given.
    """
    return [name for name, path in given.items() if locate(name, path) is None]


def find(name: str, given: str = "", *, where: str = "") -> Program:
    """Find a program of ``PROGRAMS``, ask it for its version where it can do no harm, and compute its checksum.

    :param given: the path of one, in the place of any other.
    :param where: what errors name, such as an option.
    :raises BadInputError: there is none, or what is there is another program, cannot be run, or hangs.
    :raises LabError: one that was fetched has changed since.
    """
    tool, known = PROGRAMS[name]
    where = where or (given if given else f"program '{name}'")
    location = locate(name, given)
    if location is None:
        files = " or ".join(known.files)
        raise BadInputError(
            f"there is no {files} on PATH, and none was fetched", where=where, hint=f"jsquared tools get {tool.name}"
        )
    checksum = checked_sha256(location.path, where=where)
    version = _version(known, location, where)
    return Program(name, location.path, version, checksum, location.source, location.libraries)


def locate(name: str, given: str = "") -> Location | None:
    """Find a program without running it; None where there is none. A path that was given need not be there."""
    if given:
        path = Path(given).expanduser().absolute()
        return Location(path, "given", own_libraries(path))
    tool, known = PROGRAMS[name]
    if on_path := on_search_path(*known.files):
        return Location(on_path, "PATH", own_libraries(on_path))
    cached = tool_cache.newest(tool.name)
    fetched = cached.program(name) if cached else None
    if cached and fetched and cached.path_of(fetched).is_file():
        return Location(cached.path_of(fetched), "cache", cached.libraries)
    return None


def own_libraries(path: Path) -> tuple[str, ...]:
    """The folders with shared libraries that were fetched with a program; none for a program that was not fetched."""
    cached = tool_cache.containing(path)
    return cached.libraries if cached else ()


def on_search_path(*names: str) -> Path | None:
    """The first of these programs on PATH; what packages put into a virtual environment does not count, as no one chose that."""
    in_environment = sys.prefix != sys.base_prefix
    folders_of_packages = (sysconfig.get_path("scripts"), Path(sys.prefix, "bin")) if in_environment else ()
    own = {Path(folder).resolve() for folder in folders_of_packages}
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    path = os.pathsep.join(folder for folder in folders if folder and Path(folder).resolve() not in own)
    found = next(filter(None, (shutil.which(name, path=path) for name in names)), None)
    return Path(found).absolute() if found else None


def checked_sha256(path: Path, *, where: str) -> str:
    """The checksum of a program, which for one that was fetched must be what it was then.

    :raises BadInputError: it is no regular file, too large, or cannot be read.
    :raises LabError: it has changed.
    """
    checksum = sha256_of(path)
    cached = tool_cache.containing(path)
    expected = (
        [program.sha256 for program in cached.record.programs if cached.path_of(program) == path] if cached else []
    )
    if cached and expected and expected != [checksum]:
        what = f"has changed since it was fetched ({path})"
        raise LabError(what, where=where, hint=f"jsquared tools get {cached.record.name}")
    return checksum


def sha256_of(path: Path) -> str:
    """The checksum of a regular file.

    :raises BadInputError: it is something else, too large, or cannot be read.
    """
    checksum = hashlib.sha256()
    with open_regular(path, LARGEST_PROGRAM_BYTES, named=True) as file:
        try:
            while chunk := file.read(1 << 20):
                checksum.update(chunk)
            return checksum.hexdigest()
        except OSError as problem:
            raise BadInputError(f"unreadable: {problem.strerror}", where=str(path)) from problem


def printed_by(location: Location, where: str, *arguments: str, given: bytes = b"", kind: str = "program") -> str:
    """The beginning of what a program prints, given this on its standard input; it runs confined, and does not outlive this call.

    The same file is asked the same only once: each time takes a sandbox of its own.

    :param kind: what it should be, for errors.
    :raises BadInputError: it cannot be run, or does not end.
    """
    try:
        argv = (str(location.path), *arguments)
        words = _said(argv, _state(location.path), given, location.libraries, VERSION_LIMIT_S)
    except ProgramError as problem:
        raise BadInputError(f"cannot be run ({problem})", where=where, hint=f"an executable {kind}") from problem
    if words is None:
        raise BadInputError(f"did not answer within {VERSION_LIMIT_S:g} s", where=where, hint=f"a {kind}")
    return words.decode(errors="replace")


@cache
def _said(
    argv: tuple[str, ...], _state: tuple[int, ...], given: bytes, libraries: tuple[str, ...], limit_s: float
) -> bytes | None:
    return ask(argv, given=given, limit_s=limit_s, libraries=libraries)


def _state(path: Path) -> tuple[int, ...]:
    """Tell a file from another one of the same name, and from itself before it was changed; empty where there is none."""
    try:
        state = path.stat()
    except OSError:
        return ()
    return state.st_dev, state.st_ino, state.st_ctime_ns


def _version(known: KnownProgram, location: Location, where: str) -> str:
    """The version by a program's own words, on either of its outputs: it says the one on standard error if it is given anything."""
    name = " or ".join(known.files)
    match = known.version.search(printed_by(location, where, "--version", given=b"\n", kind=name))
    if match is None:
        raise BadInputError(f"is not {name} ({location.path})", where=where, hint=f"the path of a {name}")
    return match[1][:LONGEST_VERSION]
