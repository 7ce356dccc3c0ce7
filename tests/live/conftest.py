"""The command line as its users start it: a process of its own, judged by its exit code, its JSON and its run folders."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # lets the tests of this folder import what they share (played.py)
LIMIT_S = 380


@dataclass(frozen=True)
class Finished:
    """A command line that has ended; ``document`` is its JSON, None without."""

    code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> Any:
        """What ``--json`` printed."""
        return json.loads(self.stdout)

    @property
    def trial(self) -> Any:
        """The only trial."""
        [trial] = self.document["trials"]
        return trial


RATE = ("--rate", "100")
"""Fewer writes than usual, since so many trials run here; an argument of the test's own wins."""
UNMEASURED = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
"""Whole command lines with all their trials take half as long again when they are measured, and unit tests measure what they run."""


def start(
    *arguments: str, environment: dict[str, str] | None = None, cwd: Path | None = None, ignoring: str = ""
) -> subprocess.Popen[str]:
    """``jsquared ARGUMENTS``, started and not waited for; ``ignoring`` names a signal that is ignored when it begins."""
    # Whatever started the tests may ignore SIGINT (a script in the background does), and children inherit that.
    disposition = f"--ignore-signal={ignoring}" if ignoring else "--default-signal=INT"
    return subprocess.Popen(
        ["env", disposition, sys.executable, "-m", "jsquared", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
        env={**UNMEASURED, **(environment or {})},
    )


def finish(process: subprocess.Popen[str], limit_s: float = LIMIT_S) -> Finished:
    """Wait for a command line."""
    try:
        stdout, stderr = process.communicate(timeout=limit_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return Finished(process.returncode, stdout, stderr)


@pytest.fixture
def jsquared() -> Callable[..., Finished]:
    """Run ``jsquared ARGUMENTS`` to its end."""
    return lambda *arguments, **options: finish(start(*arguments, **options))


@pytest.fixture
def run_trials(jsquared: Callable[..., Finished], tmp_path: Path) -> Callable[..., Finished]:
    """Run ``jsquared run ARGUMENTS --json`` with its run folders in ``tmp_path / "runs"``."""
    return lambda *arguments: jsquared("run", *RATE, *arguments, "--out", str(tmp_path / "runs"), "--json")


@pytest.fixture
def run_side_by_side(jsquared: Callable[..., Finished], tmp_path: Path) -> Callable[..., list[Finished]]:
    """Run several ``jsquared run ARGUMENTS`` at the same time, each given as a tuple; trials mostly wait."""

    def run(number: int, arguments: tuple[str, ...]) -> Finished:
        return jsquared("run", *RATE, *arguments, "--out", str(tmp_path / f"runs-{number}"), "--json")

    def run_all(*command_lines: tuple[str, ...]) -> list[Finished]:
        with ThreadPoolExecutor(len(command_lines)) as pool:
            return list(pool.map(run, range(len(command_lines)), command_lines))

    return run_all


@pytest.fixture
def start_jsquared() -> Callable[..., "subprocess.Popen[str]"]:
    """Start ``jsquared ARGUMENTS`` without waiting for it; ``environment`` adds to its environment."""
    return start


@pytest.fixture
def finish_jsquared() -> Callable[..., Finished]:
    """Wait for what ``start_jsquared`` started."""
    return finish
