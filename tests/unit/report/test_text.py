"""The table at the end of a run."""

import io

import pytest
from rich.console import Console

from jsquared.records.verdict import RunVerdict
from jsquared.report.text import print_summary


@pytest.fixture
def run(samples) -> RunVerdict:
    """All outcomes."""
    return RunVerdict(outcome="violated", trials=[samples(name)[1] for name in ("crash", "split-brain", "killed")])


def printed(run: RunVerdict, width: int) -> list[str]:
    """What a terminal of that width shows."""
    console = Console(file=io.StringIO(), width=width, force_terminal=False)
    print_summary(run, console)
    return console.file.getvalue().splitlines()


def test_a_wide_terminal_gets_a_table(run) -> None:
    """One row a trial with scenario, outcome, failover, lost and what to look at."""
    lines = printed(run, 140)
    assert lines[0].split() == ["scenario", "outcome", "failover", "lost", "what", "to", "look", "at"]
    assert "✗ violated" in lines[2]
    assert "9,998 of 22,908" in lines[2]
    assert len(lines) == 4


@pytest.mark.parametrize("width", [24, 40, 75, 76, 100])
def test_no_width_breaks_it(run, width) -> None:
    """No line is wider than the terminal and nothing important is cut off."""
    lines = printed(run, width)
    assert max(map(len, lines)) <= width
    text = "".join("".join(lines).split())
    for word in ("violated", "inconclusive", "pass", "4.96s", "splitbrain"):
        assert word in text


def test_names_are_not_markup(run) -> None:
    """Square brackets in a reason are printed as they are."""
    run.trials[1].reasons = ["[red]x[/red] [/]"]
    assert any("[red]x[/red] [/]" in line for line in printed(run, 140))
