"""Fetching tools: the packages are found, downloaded, unpacked and completed in a folder of their own, which then takes its place at once.

One fetch runs at a time, by a lock that the kernel lets go of when its holder ends: another one waits for it.
"""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from jsquared.errors import BadInputError, LabError
from jsquared.programs import tool_cache
from jsquared.programs.apt import Apt, Available, Control, unpack
from jsquared.programs.find import sha256_of
from jsquared.programs.tool import TOOLS, KnownProgram, Tool
from jsquared.programs.tool_cache import CachedTool, FetchedPackage, FetchedProgram, ToolRecord
from jsquared.records.private_files import make_private_folder
from jsquared.sandbox.linux.libraries import missing_library
from jsquared.text import did_you_mean

LOCK, LISTS = ".lock", ".apt"
FOLDERS_OF_PROGRAMS = ("usr/bin", "usr/sbin", "bin", "sbin")
FOLDERS_OF_LIBRARIES = ("usr/lib/*-linux-*", "lib/*-linux-*", "usr/lib", "lib", "usr/lib64")
NEVER_FETCHED = ("libc6", "libc-bin")
"""A loader takes no other C library than its own."""


@dataclass(frozen=True)
class Waiting:
    """Another fetch runs, and this one waits for it."""


@dataclass(frozen=True)
class Downloading:
    """A tool is being downloaded: how much it is in all, and how much of that is there."""

    tool: str
    version: str
    size_bytes: int
    percent: float = 0.0


@dataclass(frozen=True)
class Updating:
    """This user's own package lists are being fetched."""

    tool: str
    percent: float = 0.0


@dataclass(frozen=True)
class Fetched:
    """A tool is there. ``is_new`` is false where it was there already, as the distribution has it now."""

    tool: CachedTool
    is_new: bool


Notice = Waiting | Updating | Downloading | Fetched
Tell = Callable[[Notice], None]


def fetch(names: Sequence[str], tell: Tell = lambda _: None) -> list[Fetched]:
    """Fetch tools by their names, one after the other; those that are there already as the distribution has them are left alone.

    :raises BadInputError: there is no such tool, or the distribution has none of its packages.
    :raises LabError: it cannot be fetched or kept here.
    """
    tools = [tool_named(name) for name in dict.fromkeys(names)]
    with locked(tell) as folder:
        return [_Fetch(tool, folder, tell).run() for tool in tools]


def remove(names: Sequence[str], tell: Tell = lambda _: None) -> dict[str, list[str]]:
    """Remove every version of fetched tools, and with the last tool this user's package lists: the versions of each that there were.

    :raises BadInputError: there is no such tool.
    :raises LabError: one cannot be removed.
    """
    tools = [tool_named(name) for name in dict.fromkeys(names)]
    with locked(tell) as folder:
        removed = {tool.name: tool_cache.take_away(tool.name) for tool in tools}
        if not any(path.name in TOOLS for path in folder.iterdir()):
            shutil.rmtree(folder / LISTS, ignore_errors=True)
        return removed


def tool_named(name: str) -> Tool:
    """The tool of that name.

    :raises BadInputError: there is none.
    """
    if name not in TOOLS:
        hint = did_you_mean(name, TOOLS, most=2, listed_by="jsquared tools")
        raise BadInputError(f"there is no tool '{name[:100]}'", where="jsquared tools", hint=hint)
    return TOOLS[name]


@contextlib.contextmanager
def locked(tell: Tell) -> Iterator[Path]:
    """Hold the lock of all fetched tools, in their folder, which is made; wait for whoever holds it.

    :raises LabError: the folder cannot be made.
    """
    folder = tool_cache.make_tools_folder()
    with tool_cache.explain_cache_errors(folder):
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell(Waiting())
            fcntl.flock(lock, fcntl.LOCK_EX)
        with tool_cache.explain_cache_errors(folder):
            yield folder
    finally:
        os.close(lock)


@dataclass
class _Made:
    """A tool in the making: what has been unpacked, and what that asks for."""

    folder: Path
    packages: list[FetchedPackage] = field(default_factory=list)
    depends: list[str] = field(default_factory=list)

    @property
    def root(self) -> Path:
        return self.folder / tool_cache.ROOT

    @property
    def libraries(self) -> list[Path]:
        """The folders that now have shared libraries."""
        folders = (path for pattern in FOLDERS_OF_LIBRARIES for path in sorted(self.root.glob(pattern)))
        return [path for path in dict.fromkeys(folders) if any(path.glob("*.so*"))]

    def program(self, known: KnownProgram) -> Path | None:
        """The place of a program; None where there is none that can be run."""
        places = (self.root / folder / file for folder in FOLDERS_OF_PROGRAMS for file in known.files)
        return next((path for path in places if path.is_file() and os.access(path, os.X_OK)), None)

    def below(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()


def packages_of(soname: str) -> tuple[str, ...]:
    """The names that the package of a shared library may have (Debian policy, 8.1), also since the change to 64-bit times."""
    name, _, version = soname.partition(".so.")
    joined = f"{name}-{version}" if name[-1:].isdigit() else name + version
    package = joined.lower().replace("_", "-")
    return package, f"{package}t64"


def _is_current(tool: CachedTool, wanted: Sequence[Available]) -> bool:
    """True if a fetched tool is what the distribution has now, whole, and finds its libraries."""
    packages = {package.name: package for package in tool.record.packages}
    for one in wanted:
        package = packages.get(one.name)
        if package is None or package.version != one.version or one.sha256 not in ("", package.sha256):
            return False
    folders = [Path(folder) for folder in tool.libraries]
    try:
        return all(
            sha256_of(tool.path_of(program)) == program.sha256 and not missing_library(tool.path_of(program), folders)
            for program in tool.record.programs
        )
    except BadInputError:  # one is not there any more
        return False


def _check_name(control: Control, wanted: Available) -> None:
    if control.name != wanted.name:
        what = f"is the package '{control.name}', and not {wanted.name}"
        raise LabError(what, where=wanted.file, hint="checking apt's sources")


def _without_epoch(version: str) -> str:
    """A version of Debian's as a folder may be called: an epoch's colon separates paths (ld.so(8))."""
    return version.rpartition(":")[2]


class _Fetch:
    """One tool, fetched."""

    def __init__(self, tool: Tool, folder: Path, tell: Tell) -> None:
        self._tool = tool
        self._tell = tell
        self._now: Updating | Downloading = Updating(tool.name)
        self._apt = Apt(folder / LISTS, self._progress)

    def run(self) -> Fetched:
        """Fetch it, unless it is there."""
        wanted = self._apt.available(self._tool.packages)
        present = tool_cache.newest(self._tool.name)
        is_new = present is None or not _is_current(present, wanted)
        fetched = Fetched(self._make(wanted) if present is None or is_new else present, is_new)
        self._tell(fetched)
        return fetched

    def _make(self, wanted: list[Available]) -> CachedTool:
        with tool_cache.staging() as staging:
            made = _Made(staging / "made")
            make_private_folder(made.root)
            wanted = self._download(wanted, staging)
            self._unpack(wanted, staging, made)
            self._complete(made, staging)
            return tool_cache.put(made.folder, self._record(made))

    def _download(self, wanted: list[Available], into: Path) -> list[Available]:
        """Download packages: what was downloaded. Lists of the system's may be so old that the mirror has none of it any more."""
        try:
            self._download_these(wanted, into)
        except LabError:
            self._now = Updating(self._tool.name)
            self._apt.use_own_lists(fresh=True)
            wanted = self._apt.available([one.name for one in wanted])
            self._download_these(wanted, into)
        return wanted

    def _download_these(self, wanted: list[Available], into: Path) -> None:
        size_bytes = sum(one.size_bytes for one in wanted)
        self._now = Downloading(self._tool.name, _without_epoch(self._version_of(wanted)), size_bytes)
        self._tell(self._now)
        self._apt.download([one.name for one in wanted], into)

    def _unpack(self, wanted: list[Available], staging: Path, made: _Made) -> None:
        for one in wanted:
            file = staging / one.file
            if not file.is_file():
                raise LabError(f"apt-get has not written {one.file}", where="apt-get download", hint="again")
            control = unpack(file, made.root)
            _check_name(control, one)
            made.depends += control.depends
            made.packages.append(
                FetchedPackage(
                    name=control.name,
                    version=control.version,
                    architecture=control.architecture,
                    sha256=sha256_of(file),
                    uri=one.uri,
                )
            )
            file.unlink()

    def _complete(self, made: _Made, staging: Path) -> None:
        """Fetch the libraries that this machine lacks, among what the packages depend on.

        :raises LabError: there is no program in them, or it lacks a library all the same.
        """
        tried = {*self._tool.packages, *NEVER_FETCHED}
        while missing := self._missing(made):
            candidates = [name for name in dict.fromkeys(made.depends) if name.startswith("lib") and name not in tried]
            wanted = [name for name in candidates if name in packages_of(missing)] or candidates
            if not wanted:
                raise LabError(
                    f"needs {missing}, which neither this machine nor its packages have",
                    where=f"tool '{self._tool.name}'",
                    hint="installing it as root, or the path of another program",
                )
            tried.update(wanted)
            for name in wanted:
                with contextlib.suppress(BadInputError):  # a name that only other packages provide
                    self._unpack(self._download(self._apt.available([name]), staging), staging, made)

    def _missing(self, made: _Made) -> str:
        """A library that one of the programs does not find; nothing where they find all."""
        paths = [self._program(made, known) for known in self._tool.programs]
        return next(filter(None, (missing_library(path, made.libraries) for path in paths)), "")

    def _program(self, made: _Made, known: KnownProgram) -> Path:
        path = made.program(known)
        if path is None:
            what = f"the packages have no {' or '.join(known.files)}"
            raise LabError(what, where=f"tool '{self._tool.name}'", hint="the path of one, or another release")
        return path

    def _record(self, made: _Made) -> ToolRecord:
        paths = {known.name: self._program(made, known) for known in self._tool.programs}
        return ToolRecord(
            name=self._tool.name,
            version=_without_epoch(self._version_of(made.packages)),
            fetched_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            packages=tuple(made.packages),
            programs=tuple(
                FetchedProgram(name=name, path=made.below(path), sha256=sha256_of(path)) for name, path in paths.items()
            ),
            libraries=tuple(made.below(path) for path in made.libraries),
        )

    def _version_of(self, packages: Sequence[Available | FetchedPackage]) -> str:
        """The version of the first package of the tool, wherever it is among these."""
        return next((one.version for one in packages if one.name == self._tool.packages[0]), "")

    def _progress(self, percent: float) -> None:
        if isinstance(self._now, Downloading):
            self._tell(Downloading(self._now.tool, self._now.version, self._now.size_bytes, percent))
        else:
            self._tell(Updating(self._now.tool, percent))
