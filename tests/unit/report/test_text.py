"""The table at the end of a run."""

import io

import msgspec
import pytest
from rich.console import Console

from jsquared.check.causes import explain
from jsquared.records.findings import Finding
from jsquared.records.plan import Engine
from jsquared.records.verdict import NotRun, ObjectiveResult, Outcome, RunVerdict, TrialVerdict, UnfinishedTrial
from jsquared.report.summary_text import print_summary
from support.violated import DOWN_AFTER, advice, trial


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
    assert "✗ violated" in lines[1]
    assert "9,998 of 22,908" in lines[1]
    assert "engine: valkey 9.1.2" in lines[3:]


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


def warning(message: str, **more: str) -> Finding:
    """A finding that warns of one line of one node."""
    fields = {"rule": "r", "severity": "high", "outcome": "warning", "target": "n1", "directive": "timeout 0"}
    return Finding(**(fields | {"message": message} | more))


def test_what_holds_for_the_whole_run_is_said_below(run) -> None:
    """Warnings with what to try, what is not reproduced and what was not run get a line each; facts do not."""
    run.findings = [warning("It waits.", fix="timeout 5"), warning("Alone."), warning("A fact.", outcome="fact")]
    run.not_reproduced = ["Two zones are one here."]
    run.not_run = [NotRun(scenario="zone-lost", reason="zone-lost needs five hosts")]
    assert printed(run, 140)[5:] == [
        "warning: n1: It waits (timeout 0); try timeout 5",
        "warning: n1: Alone (timeout 0)",
        "not reproduced here: Two zones are one here.",
        "not run: zone-lost needs five hosts",
    ]


def static(verdict: TrialVerdict, outcome: Outcome) -> TrialVerdict:
    """The verdict of a static check."""
    objective = ObjectiveResult(name="configuration", limit=0, unit="findings", value=0, outcome=outcome, reason="")
    return msgspec.structs.replace(verdict, objectives=[objective], outcome=outcome)


def test_causes_come_first(run) -> None:
    """The sentence, then each line with its change, its effect and a command that no width breaks; the rest refers to it."""
    checked = static(trial("config-timings", advice(DOWN_AFTER)), "violated")
    skipped = trial("host-lost", advice(DOWN_AFTER), proven_by="failover-over-10s")
    run.trials = [*run.trials[:1], checked, skipped, trial("odd")]
    lines = printed(explain(run), 60)
    command = "   jsquared run host-lost --deployment ./mine --seed 1 --with sentinel.down-after-milliseconds=3500"
    assert lines[0].rstrip() == "1 line explains 2 of 3 violations: down-after-milliseconds"
    assert command in lines
    text = " ".join(" ".join(lines).split())
    for said in (
        "where: n1/sentinel.conf:3",
        "change: sentinel down-after-milliseconds mymaster 3500",
        "explains: config-timings, host-lost",
        "1 of these trials was not run: violated by analysis (failover-over-10s).",
        "no line of the configuration explains: odd",
        "violated by analysis: failover-over-10s, not run; line 1 above",
    ):
        assert said in text
    assert [line.strip() for line in lines].index("config-timings") > lines.index(command)


def test_a_single_trial_has_its_advice_in_its_reasons(run) -> None:
    """A head about one trial would only repeat it."""
    run.trials = [trial("primary-crash", advice(DOWN_AFTER))]
    assert printed(explain(run), 140)[0].split()[0] == "scenario"


def test_many_passes_are_one_line(run) -> None:
    """A suite's passes would bury what is violated: they are counted, with the slowest failover."""
    passed = [trial(f"s{number}", outcome="pass", failover_ms=4_000.0 + number) for number in range(11)]
    run.trials = [*passed, run.trials[1]]
    lines = printed(run, 140)
    assert len(lines) == 4
    assert lines[3].startswith("passed: 11 trials, failover up to 4.01 s: s0, s1, ")


def test_static_checks_that_pass_are_one_line(run) -> None:
    """They are many and say nothing; one that does not pass keeps its row."""
    good, bad = (static(run.trials[0], outcome) for outcome in ("pass", "violated"))
    run.trials = [good, bad]
    lines = printed(run, 140)
    assert len(lines) == 4
    assert lines[-1] == "static checks: 1 of 2 passed"


def test_another_engine_than_the_last_time_is_told(run) -> None:
    """Where auto chose it, the line of the engine names the one before."""
    run.engine_before = Engine(name="redis", version="7.0.15")
    assert "engine: valkey 9.1.2 (chosen by --engine auto; the last run in this folder had redis 7.0.15)" in printed(
        run, 140
    )


def unfinished(label: str, seed: int, run_dir: str | None = None) -> UnfinishedTrial:
    """A trial that is missing."""
    return UnfinishedTrial(scenario=label, label=label, seed=seed, run_dir=run_dir)


def test_what_is_missing_of_a_run_is_named(run) -> None:
    """Trials that did not finish with their folders, those that did not begin in one line."""
    run.interrupted = True
    run.unfinished = [unfinished("a", 1, "runs/a-1"), unfinished("b", 1), unfinished("c", 1), unfinished("c", 2)]
    assert printed(run, 140)[4:7] == [
        "interrupted: 3 of 7 trials finished",
        "did not finish: a (seed 1), kept in runs/a-1",
        "did not begin: b, c (2 trials)",
    ]


def test_the_trial_that_stopped_a_run_is_named(run) -> None:
    """With --fail-fast the reason is a violated trial."""
    run.stopped_after, run.unfinished = "split-brain", [unfinished("b", 1)]
    assert printed(run, 140)[4:6] == [
        "stopped by --fail-fast, since split-brain was violated: 3 of 4 trials finished",
        "did not begin: b",
    ]


def test_a_path_stays_whole_in_a_pipe(run) -> None:
    """However narrow the console is taken for, a folder can be copied from a log."""
    folder = "/a/very/long/path" * 8
    run.interrupted, run.unfinished = True, [unfinished("a", 1, folder)]
    assert f"did not finish: a (seed 1), kept in {folder}" in printed(run, 80)
