"""What people see while they wait."""

import dataclasses
import io
import math
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from jsquared.cli.output import SafeConsole
from jsquared.cli.progress import LiveProgress, Silence
from jsquared.records.event_types import (
    AgreementChanged,
    FaultHealing,
    FaultStarted,
    Phase,
    Recovery,
    RoleChanged,
    WritesCounted,
)
from jsquared.service.progress import (
    CampaignBegan,
    CampaignStopping,
    Notice,
    TimePassed,
    TrialBegan,
    TrialEnded,
    TrialRecorded,
    TrialRepeated,
    trial_of,
)
from support.sample_run import sample_record

EVENTS = [
    Phase("load", t_ms=200.0),
    FaultStarted("crash", name="kill", targets=("redis-n1",), t_ms=2000.0),
    RoleChanged(role="primary", t_ms=2100.0),
    Recovery(ok=True, t_ms=7000.0),
    FaultHealing("crash", t_ms=8000.0),
]


@pytest.mark.parametrize("terminal", [False, True])
def test_progress_tells_of_each_step(terminal: bool, tmp_path: Path) -> None:
    """A terminal shows a live table, anything else a line a step; both end with the outcome."""
    record, verdict = sample_record("crash", tmp_path)
    trial = trial_of(record.plan, tmp_path)
    text = io.StringIO()
    with LiveProgress(Console(file=text, force_terminal=terminal, width=120)) as progress:
        progress.tell(CampaignBegan(1))
        progress.tell(TrialBegan(trial))
        for event in EVENTS:
            progress.tell(TrialRecorded(trial, event))
            progress.tell(TimePassed())
        progress.tell(TrialEnded(trial, verdict))
    shown = text.getvalue()
    assert "[1/1] primary-crash: pass" in shown
    assert ("2.0 s kill redis-n1" in shown) is not terminal


@pytest.mark.parametrize("terminal", [False, True])
def test_nothing_is_shown_before_trials_begin(terminal: bool) -> None:
    """What is refused while it is planned leaves a terminal untouched."""
    text = io.StringIO()
    with LiveProgress(Console(file=text, force_terminal=terminal, width=120)):
        pass
    assert text.getvalue() == ""


def test_static_checks_that_pass_and_repetitions(tmp_path: Path) -> None:
    """A static check that passes is no line of its own; a trial that is run again says why."""
    record, verdict = sample_record("crash", tmp_path)
    trial = trial_of(record.plan, tmp_path)
    text = io.StringIO()
    with LiveProgress(Console(file=text, width=120)) as progress:
        progress.tell(CampaignBegan(2))
        progress.tell(TrialBegan(trial))
        progress.tell(TrialRepeated(trial, msgspec.structs.replace(verdict, disturbed_ms=1234, reasons=["a", "b"])))
        progress.tell(TrialEnded(dataclasses.replace(trial, is_static=True), verdict))
    lines = [line for line in text.getvalue().splitlines() if "[1/2]" in line or "re-run" in line]
    assert lines == ["primary-crash: the machine itself disturbed it for 1.23 s; it will be re-run (a; b)"]


def told(notices: list[Notice], *, width: int = 120) -> str:
    """What a pipe gets of these notices."""
    console = SafeConsole()
    console.file, console.width = io.StringIO(), width
    with LiveProgress(console, patience_s=math.inf) as progress:
        for notice in notices:
            progress.tell(notice)
            progress.tell(TimePassed())
    return console.file.getvalue()


def test_while_monitoring_settles_it_is_said_what_is_waited_for(tmp_path: Path) -> None:
    """What the Sentinels say meanwhile is a line, and not what the trial does; the load is again."""
    record, _ = sample_record("crash", tmp_path)
    trial = trial_of(record.plan, tmp_path)
    events = [
        AgreementChanged(primary="", t_ms=1.0),
        Phase("monitoring", t_ms=2.0),
        AgreementChanged(primary="redis-n1", t_ms=3.0),
        None,
        Phase("load", t_ms=5.0),
        FaultHealing("crash", t_ms=6.0),
        None,
    ]
    console = SafeConsole()
    console.file, console.width = io.StringIO(), 200
    with LiveProgress(console, patience_s=0.0) as progress:
        progress.tell(CampaignBegan(1))
        progress.tell(TrialBegan(trial))
        for event in events:
            progress.tell(TimePassed() if event is None else TrialRecorded(trial, event))
    lines = [
        line.removeprefix("primary-crash: ").partition(", 0 s after")[0]
        for line in console.file.getvalue().splitlines()
    ]
    assert lines[1:] == [
        "0.0 s waiting until Prometheus has scraped every server a few times",
        "0.0 s a majority of the Sentinels names redis-n1",
        "still waiting until Prometheus has scraped every server a few times",
        "0.0 s load is on",
        "0.0 s healing crash",
        "still healing crash",
    ]


COUNTED = WritesCounted(window_ms=2000.0, acknowledged=600, failed=3, unknown=1, t_ms=4000.0)


def test_a_pipe_gets_a_line_an_event(tmp_path: Path) -> None:
    """However narrow the console is taken for, no line is broken, and nothing is drawn over."""
    record, verdict = sample_record("crash", tmp_path)
    trial = trial_of(record.plan, tmp_path)
    events = [TrialRecorded(trial, event) for event in (*EVENTS, COUNTED)]
    text = told([CampaignBegan(1), TrialBegan(trial), *events, TrialEnded(trial, verdict)], width=20)
    assert not set("\r\x1b") & set(text)
    assert text.splitlines() == [
        "primary-crash: begins (seed 7, reference, wait:1, valkey 9.1.2)",
        "primary-crash: 0.2 s load is on",
        "primary-crash: 2.0 s kill redis-n1",
        "primary-crash: 7.0 s recovery was seen",
        "primary-crash: 8.0 s healing crash",
        "primary-crash: 4.0 s writes a second: 300 acknowledged, 2 refused or not sent, 0 unknown",
        "[1/1] primary-crash: pass, failover 4.96 s, 0 lost",
    ]


def test_rates_are_lines_of_a_trial_that_runs_alone(tmp_path: Path) -> None:
    """With others beside it they would be too many."""
    record, _ = sample_record("crash", tmp_path)
    first, second = trial_of(record.plan, tmp_path / "1"), trial_of(record.plan, tmp_path / "2")
    text = told([CampaignBegan(2), TrialBegan(first), TrialBegan(second), TrialRecorded(first, COUNTED)])
    assert "writes a second" not in text


def test_a_terminal_shows_the_rates_of_every_trial(tmp_path: Path) -> None:
    """They stand beside what the trial does, and do not replace it."""
    record, _ = sample_record("crash", tmp_path)
    first, second = trial_of(record.plan, tmp_path / "1"), trial_of(record.plan, tmp_path / "2")
    text = io.StringIO()
    with LiveProgress(Console(file=text, force_terminal=True, width=160)) as progress:
        for notice in (CampaignBegan(2), TrialBegan(first), TrialBegan(second)):
            progress.tell(notice)
        progress.tell(TrialRecorded(first, Phase("load", t_ms=1.0)))
        progress.tell(TrialRecorded(first, COUNTED))
        progress.tell(TimePassed())
    assert any("load is on" in line and "300 acknowledged" in line for line in text.getvalue().splitlines())


@pytest.mark.parametrize(
    ("notice", "line"),
    [
        (
            CampaignStopping(2),
            "interrupted: ending 2 running trials; once more (Ctrl-C) ends at once, and writes no results",
        ),
        (CampaignStopping(1, "split-brain"), "--fail-fast: split-brain was violated; ending 1 running trial"),
        (
            CampaignBegan(3, "redis 7.0.15"),
            "--engine auto: not the engine of the last run in this folder, which had redis 7.0.15",
        ),
    ],
)
def test_what_happens_to_the_whole_run_is_told(notice: Notice, line: str) -> None:
    """An early end, whoever asked for it, and another engine than the last time."""
    assert told([notice]) == f"{line}\n"


def test_silence_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """With --quiet no notice becomes a line."""
    Silence().tell(CampaignBegan(1))
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("terminal", [False, True])
def test_a_pipe_is_never_silent_for_long(terminal: bool, tmp_path: Path) -> None:
    """Where nothing happens a line says what goes on; on a terminal the table's clock does."""
    record, _ = sample_record("crash", tmp_path)
    trial = trial_of(record.plan, tmp_path)
    text = io.StringIO()
    with LiveProgress(Console(file=text, force_terminal=terminal, width=120), patience_s=0.0) as progress:
        for notice in (CampaignBegan(3), TimePassed(), TrialBegan(trial), TimePassed()):
            progress.tell(notice)
        progress.tell(TrialRecorded(trial, EVENTS[0]))
        progress.tell(TimePassed())
        progress.tell(TrialBegan(dataclasses.replace(trial, path=tmp_path / "another")))
        progress.tell(TimePassed())
    if terminal:
        assert "still" not in text.getvalue()
        return
    begun = "primary-crash: begins (seed 7, reference, wait:1, valkey 9.1.2)"
    assert text.getvalue().splitlines() == [
        begun,
        "primary-crash: still starting, 0 s after it began",
        "primary-crash: 0.2 s load is on",
        "primary-crash: still load is on, 0 s after it began",
        begun,
        "2 trials are running, 0 of 3 have ended",
    ]
