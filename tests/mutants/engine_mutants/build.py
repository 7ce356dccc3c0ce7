"""Building engines: the whole source once, then for each mutant the changed file and the link; everything is kept by its hash."""

import hashlib
import os
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path

from engine_mutants.edit import edited
from engine_mutants.mutant import Mutant
from engine_mutants.source import cache_folder, digest, fetch_package, unpack

FLAGS = ("MALLOC=libc", "OPTIMIZATION=-O0", "DEBUG=", "USE_SYSTEMD=no")
"""Quick to compile, and nothing that the machine must have beyond a compiler."""
SERVER = "redis-server"
BUILD_LIMIT_S = 600
COMPILERS = ("cc", "make")


class BuildError(Exception):
    """The engine does not compile, or there is nothing to compile it with."""


def missing_tools() -> str:
    """One line that says what this machine lacks to build an engine; empty where it can."""
    missing = [name for name in COMPILERS if shutil.which(name) is None]
    if not missing:
        return ""
    return f"no {' and no '.join(missing)} on PATH. Try: sudo apt-get install build-essential"


class Workshop:
    """Builds engines from one source package, each once. Threads may share it."""

    def __init__(self, cache: Path | None = None, jobs: int = 2) -> None:
        self._cache = cache or cache_folder()
        self._jobs = jobs
        self._lock = threading.Lock()
        self._package: Path | None = None

    def sound(self) -> Path:
        """The engine without any edit.

        :raises BuildError: it cannot be built.
        :raises SourceError: its source cannot be had.
        """
        return self._baseline() / "src" / SERVER

    def mutant(self, mutant: Mutant) -> Path:
        """The engine with the mutant's edit.

        :raises BuildError: it does not compile.
        :raises EditError: the edit does not fit the source.
        """
        baseline = self._baseline()
        text = edited((baseline / "src" / mutant.file).read_text(encoding="utf-8"), mutant)
        home = self._cache / f"mutant-{_key(baseline.name, mutant.file, text)}"
        server = home / SERVER
        if not server.exists():
            with tempfile.TemporaryDirectory(dir=self._cache) as scratch:
                built = _rebuild(baseline, mutant.file, text, Path(scratch))
                home.mkdir(exist_ok=True)
                built.replace(server)
        return server

    def _baseline(self) -> Path:
        """The built tree of the sound engine."""
        with self._lock:
            if missing := missing_tools():
                raise BuildError(missing)
            self._package = self._package or fetch_package(self._cache)
            home = self._cache / f"sound-{_key(digest(self._package), _compiler())}"
            if not home.exists():
                with tempfile.TemporaryDirectory(dir=self._cache) as scratch:
                    tree = Path(scratch, "tree")
                    unpack(self._package, tree)
                    _make(tree / "src", self._jobs)
                    _place(tree, home)
            return home


def _place(tree: Path, home: Path) -> None:
    """Move a finished tree to its place, unless another process was faster."""
    try:
        tree.rename(home)
    except OSError:
        if not home.exists():
            raise


def _rebuild(baseline: Path, file: str, text: str, scratch: Path) -> Path:
    """The server from a copy of the built tree with one file changed; make compiles what is newer, and links."""
    shutil.copytree(baseline / "src", scratch / "src")
    (scratch / "deps").symlink_to(baseline / "deps")
    changed = scratch / "src" / file
    changed.write_text(text, encoding="utf-8")
    changed.with_suffix(".o").unlink(missing_ok=True)
    (scratch / "src" / "Makefile.dep").touch()  # or make reads every source for its headers; none has changed
    (scratch / "src" / SERVER).unlink()
    _make(scratch / "src", 1)
    return scratch / "src" / SERVER


def _make(folder: Path, jobs: int) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in ("CFLAGS", "LDFLAGS", "MAKEFLAGS")}
    done = subprocess.run(
        ["make", f"-j{jobs}", *FLAGS, SERVER],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=BUILD_LIMIT_S,
        check=False,
    )
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if "error" in line.lower()] or ["make gave no reason"]
        raise BuildError(errors[0])


def _compiler() -> str:
    return subprocess.run(["cc", "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]


def _key(*parts: str) -> str:
    """A short name for what went into a build; the flags always do."""
    return hashlib.sha256("\0".join((*FLAGS, *parts)).encode()).hexdigest()[:16]
