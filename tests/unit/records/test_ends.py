"""How processes end, in words, and what is added to the events of a trial that is over."""

from pathlib import Path

import pytest

from jsquared.clock import TrialClock
from jsquared.records.ends import exit_words, signal_name
from jsquared.records.event_types import Ended, Phase
from jsquared.records.events import EventLog, append_event, read_events


@pytest.mark.parametrize(
    ("code", "name", "words"),
    [
        (-9, "SIGKILL", "was killed by SIGKILL"),
        (-40, "signal 40", "was killed by signal 40"),
        (3, "", "exited with code 3"),
    ],
)
def test_endings_have_words(code: int, name: str, words: str) -> None:
    """A signal is named, one without a name is numbered, a code is a code."""
    assert signal_name(code) == name
    assert exit_words(code) == words


@pytest.mark.parametrize("unfinished", ["", '{"t_ms": 5.0, "sou'])
def test_an_event_is_added_behind_the_last_whole_one(tmp_path: Path, unfinished: str) -> None:
    """On the trial's clock; half a line, that of a lab which was killed, is taken away."""
    path = tmp_path / "events.jsonl"
    log = EventLog(path, TrialClock.start())
    log.add(Phase("load"))
    log.close()
    with path.open("a") as file:
        file.write(unfinished)
    append_event(path, Ended(code=-9, ordered=False, source="trial"))
    first, second, third = read_events(path)
    assert [first.kind, second.kind] == ["clock", "phase"]
    assert third.t_ms >= second.t_ms
    assert third == Ended(code=-9, ordered=False, source="trial", t_ms=third.t_ms)
