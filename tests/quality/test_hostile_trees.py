"""A configuration is a stranger's: whatever its paths and texts say, commands read nothing else, change nothing, and end soon.

How many trees are tried, and from which seed on, ``HOSTILE_TREES`` and ``HOSTILE_SEED`` say; ``scripts/test --hostile`` tries 2,000.
"""

import codecs
import encodings
import json
import os
import pkgutil
import shutil
import signal
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from jsquared.cli.main import main
from jsquared.scenarios.catalogue import SCENARIOS
from support.hostile_runs import HostileRuns, snapshot
from support.hostile_trees import CANARY, VARIABLE, make_hostile_tree

TREES = int(os.environ.get("HOSTILE_TREES", "24"))
FIRST_SEED = int(os.environ.get("HOSTILE_SEED", "1"))
PARTS = 8
"""Tests that share the trees, so that they run side by side."""
AS_USER = max(1, TREES // 4)
NOBODY = 65534
CHECKS = [name for name, scenario in SCENARIOS.items() if scenario.rules]


@pytest.fixture
def runs(valkey_engine: Path) -> HostileRuns:
    """The command line, with every static check."""
    return HostileRuns(main, CHECKS, str(valkey_engine))


@pytest.mark.timeout(max(240, TREES * 5))
@pytest.mark.parametrize("part", range(PARTS))
def test_hostile_trees_gain_nothing(part: int, tmp_path: Path, runs: HostileRuns) -> None:
    """Home and environment stay unread and unchanged, every command ends in time with one line or a verdict."""
    seeds = range(FIRST_SEED + part, FIRST_SEED + TREES, PARTS)
    problems = [problem for seed in seeds for problem in runs.problems_of(tmp_path / str(seed), seed)]
    assert problems == []


@pytest.mark.root
@pytest.mark.timeout(max(240, TREES * 5))
def test_hostile_trees_gain_nothing_from_a_user(tmp_path: Path, runs: HostileRuns) -> None:
    """The same without the powers of root, whose Python the other user need not be able to start."""
    folder = Path(os.environ["TMPDIR"], f"pytest-of-nobody-{os.getpid()}")
    folder.mkdir(mode=0o700)
    assert runs.problems_of(tmp_path / "first", FIRST_SEED) == [], "this also loads what is loaded late"
    for encoding in pkgutil.iter_modules(encodings.__path__):  # but for what only other trees need
        with suppress(LookupError):  # of another system
            codecs.lookup(encoding.name)
    os.chown(folder, NOBODY, NOBODY)
    try:
        problems = as_nobody(folder, lambda: runs.run_all(folder / "trees", FIRST_SEED, AS_USER))
    finally:
        shutil.rmtree(folder)
    assert problems == []


def as_nobody(folder: Path, work: Callable[[], list[str]]) -> list[str]:
    """What work comes to in a child without powers, which writes it into a folder of its own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a fork beside threads: the child uses none of theirs
        child = os.fork()
    if child == 0:
        lines = ["it ended early"]
        try:
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
            lines = work()
        except BaseException as problem:
            lines = [repr(problem)]
        finally:
            (folder / "problems").write_text(json.dumps(lines))
            os.kill(os.getpid(), signal.SIGKILL)  # nothing of the test's own is to run in the child
    os.waitpid(child, 0)
    return list(json.loads((folder / "problems").read_text()))


def test_the_same_seed_is_the_same_tree(tmp_path: Path) -> None:
    """A seed that found something finds it again, and the trees of two seeds differ."""
    texts = []
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        (tmp_path / name).mkdir()
        tree = make_hostile_tree(tmp_path / name, seed)
        root = str(tree.folder)
        texts.append({path.replace(root, ""): stat[0] for path, stat in _stats(snapshot(tree)).items()})
    assert texts[0] == texts[1] != texts[2]


def _stats(found: dict[str, object]) -> dict[str, tuple[int]]:
    return {path: about for path, about in found.items() if isinstance(about, tuple)}


def test_what_goes_wrong_is_noticed(tmp_path: Path, runs: HostileRuns, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that prints a secret, writes elsewhere, takes too long or ends oddly is told: the trees are no alibi."""

    def careless(arguments: list[str]) -> int:
        print(os.environ[VARIABLE])
        Path(os.environ["HOME"], ".bashrc").write_text("changed")
        Path(os.environ["HOME"]).with_name("elsewhere").touch()
        runs = Path(os.environ["HOME"]).with_name("runs")
        (runs / "x").mkdir(parents=True, exist_ok=True)
        (runs / "x" / "plan.json").write_text(CANARY)
        Path(os.environ["HOME"]).with_name("junit.xml").write_text(CANARY)
        return 7

    monkeypatch.setattr("support.hostile_runs.LIMIT_S", -1)
    problems = " ".join(replace(runs, main=careless).problems_of(tmp_path / "1", 1))
    for words in (
        "analyse ended with 7", "run took", "report printed: 'canary", "has changed", "elsewhere was made", "canary is in plan.json",
        "canary is in junit.xml",
    ):  # fmt: skip
        assert words in problems


def test_a_command_that_hangs_is_ended(runs: HostileRuns, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits longer than the limit."""
    reading, writing = os.pipe()
    monkeypatch.setattr("support.hostile_runs.HANGS_S", 0.05)
    with pytest.raises(TimeoutError):
        replace(runs, main=lambda _: len(os.read(reading, 1))).run_command(["analyse"])
    os.close(reading)
    os.close(writing)
