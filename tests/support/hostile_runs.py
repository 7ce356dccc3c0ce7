"""Puts hostile trees through the commands that read a configuration, and says what should not have happened."""

import contextlib
import hashlib
import io
import os
import shutil
import signal
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from support.hostile_trees import CANARY, VARIABLE, HostileTree, make_hostile_tree

LIMIT_S = 10
HANGS_S = 90.0
"""So long a command may wait for a machine that does much else."""
"""A command that takes so long is ended."""


@dataclass
class Ended:
    """A command that has ended."""

    code: int
    output: str
    took_s: float


_EXPECTED = ("home", "tree", "allowed", "runs", "report.html", "junit.xml")


@dataclass(frozen=True)
class HostileRuns:
    """What hostile trees are put through: ``main`` runs a command line, whose exit code it gives, ``checks`` are static checks by name.

    ``engine`` is the server that commands ask for its version; none is started.
    """

    main: Callable[[list[str]], int]
    checks: Sequence[str]
    engine: str

    def problems_of(self, folder: Path, seed: int) -> list[str]:
        """What went wrong with the tree of a seed, which is made in this new folder and removed again; a line each."""
        folder.mkdir(parents=True)
        tree = make_hostile_tree(folder, seed)
        before = snapshot(tree)
        environment = {"HOME": str(tree.home), VARIABLE: f"{CANARY}-in-environment"}
        with mock.patch.dict(os.environ, environment), mock.patch("os.fsync"):  # the disk is not what is tried
            found = [f"seed {seed}: {problem}" for problem in self._commands(tree, seed)]
        if snapshot(tree) != before:
            found.append(f"seed {seed}: something outside the run folder has changed")
        found += [f"seed {seed}: a canary is in {path.name}" for path in _files(folder / "runs") if _has_canary(path)]
        found += [f"seed {seed}: {path} was made" for path in folder.iterdir() if path.name not in _EXPECTED]
        _remove(folder)
        return found

    def run_all(self, folder: Path, first_seed: int, count: int) -> list[str]:
        """The problems of so many trees, made one after the other in this folder."""
        seeds = range(first_seed, first_seed + count)
        return [problem for seed in seeds for problem in self.problems_of(folder / str(seed), seed)]

    def _commands(self, tree: HostileTree, seed: int) -> Iterator[str]:
        out, deployment = tree.folder / "runs", str(tree.deployment)
        checks = [self.checks[(seed + step) % len(self.checks)] for step in (0, 5)]
        given = ["--engine", self.engine, *tree.options]
        yield from _judged("analyse", self.run_command(["analyse", deployment, *given, "--json"]))
        junit = ["--junit", str(tree.folder / "junit.xml"), "--out", str(out)]
        ended = self.run_command(["run", *checks, "--deployment", deployment, "--sandbox", "loopback", *given, *junit])
        yield from _judged("run", ended)
        for run in sorted(out.glob("*/plan.json"))[:1]:
            report = ["--out", str(tree.folder / "report.html")]
            yield from _judged("report", self.run_command(["report", str(run.parent), *report]))
        for file in (tree.folder / "report.html", tree.folder / "junit.xml"):
            if file.exists() and _has_canary(file):
                yield f"a canary is in {file.name}"

    def run_command(self, arguments: Sequence[str]) -> Ended:
        """Run a command in this process; what would take longer than it may is ended."""

        def too_long(*_signal: object) -> None:
            raise TimeoutError(f"more than {HANGS_S} s")

        printed, began_s, used_s = io.StringIO(), time.monotonic(), cpu_time_s()
        before = signal.signal(signal.SIGALRM, too_long)
        left_s, _ = signal.setitimer(signal.ITIMER_REAL, HANGS_S)  # the test's own limit, if it has one
        try:
            with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
                code = self.main(list(arguments))
        finally:
            took_s = time.monotonic() - began_s
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
            signal.setitimer(signal.ITIMER_REAL, max(left_s - took_s, 0.001) if left_s else 0)
        return Ended(code, printed.getvalue(), cpu_time_s() - used_s)


def cpu_time_s() -> float:
    """What this process and those that it has waited for have used of the processor."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def _judged(command: str, ended: Ended) -> Iterator[str]:
    if not 0 <= ended.code <= 4:
        yield f"{command} ended with {ended.code}"
    if ended.took_s > LIMIT_S:
        yield f"{command} took {ended.took_s:.1f} s"
    for word in ("Traceback", "itself failed", CANARY):
        if word in ended.output:
            line = next(line for line in ended.output.splitlines() if word in line)
            yield f"{command} printed: {line[:400]!r}"


def snapshot(tree: HostileTree) -> dict[str, object]:
    """Everything that is in a tree and the home, without following anything."""
    found: dict[str, object] = {}
    for root in (tree.home, tree.tree, tree.folder / "allowed"):
        for path in [root, *_everything(root)]:
            about = path.lstat()
            content: object = str(path.readlink()) if stat.S_ISLNK(about.st_mode) else about.st_size
            if stat.S_ISREG(about.st_mode) and about.st_size < 1 << 20 and os.access(path, os.R_OK):
                content = hashlib.sha256(path.read_bytes()).hexdigest()
            found[str(path)] = (about.st_mode, about.st_uid, about.st_mtime_ns, content)
    return found


def _everything(root: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(root):
        yield from (Path(folder, name) for name in (*folders, *files))


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in _everything(folder) if path.is_file() and not path.is_symlink())


def _has_canary(path: Path) -> bool:
    return CANARY.encode() in path.read_bytes()


def _remove(folder: Path) -> None:
    for path in _everything(folder):
        if not path.is_symlink() and path.is_dir():
            path.chmod(0o700)
    shutil.rmtree(folder)
