"""What people see while they wait."""

import dataclasses
import io
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from jsquared.cli.progress import LiveProgress, words_for
from jsquared.records.event_types import FaultHealing, FaultStarted, Phase, Recovery, RoleChanged
from jsquared.service.progress import (
    CampaignBegan,
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


def test_failed_recovery_has_words() -> None:
    """Somebody who waits is told that writes did not come back."""
    assert words_for(Recovery(ok=False)) == "no recovery, healing anyway"


def test_static_checks_that_pass_and_repetitions(tmp_path: Path) -> None:
    """A static check that passes is no line of its own; a trial that is run again says why."""
    record, verdict = sample_record("crash", tmp_path)
    trial = trial_of(record.plan, tmp_path)
    text = io.StringIO()
    with LiveProgress(Console(file=text, width=120)) as progress:
        progress.tell(CampaignBegan(2))
        progress.tell(TrialBegan(trial))
        progress.tell(TrialRepeated(trial, msgspec.structs.replace(verdict, disturbed_ms=1234)))
        progress.tell(TrialEnded(dataclasses.replace(trial, is_static=True), verdict))
    lines = [line for line in text.getvalue().splitlines() if "[1/2]" in line or "re-run" in line]
    assert lines == ["primary-crash: the machine itself disturbed it for 1,234 ms; it will be re-run"]
