"""What is new in a session's record: whole lines by their number, bounded, waited for."""

import threading
from pathlib import Path

import pytest

from jsquared.trial.lab import session_news
from jsquared.trial.lab.session_news import EventLines


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A record with three lines and an unfinished one."""
    made = tmp_path / "events.jsonl"
    made.write_text("a\nbb\nccc\nunfin")
    return made


def test_whole_lines_are_told_by_their_number(file: Path) -> None:
    """An unfinished line comes once it is whole; a number beyond the end has nothing behind it."""
    lines = EventLines(file)
    assert lines.since(0) == ["a", "bb", "ccc"]
    assert (lines.since(2), lines.since(3), lines.since(99), lines.since(-5)) == (["ccc"], [], [], ["a", "bb", "ccc"])
    with file.open("a") as more:
        more.write("ished\nlast\n")
    assert lines.since(3) == ["unfinished", "last"]


def test_an_answer_is_bounded(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In lines and in bytes, and has one line at least; what is left comes with the next answer."""
    monkeypatch.setattr(session_news, "MOST_LINES", 2)
    assert EventLines(file).since(0) == ["a", "bb"]
    monkeypatch.setattr(session_news, "MOST_BYTES", 1)
    assert EventLines(file).since(2) == ["ccc"]
    assert EventLines(file).since(0) == ["a"]


def test_a_line_is_waited_for(file: Path) -> None:
    """It is told as soon as it is there, and nothing once the time is up."""
    lines = EventLines(file)
    assert lines.wait(3, 0.0) == []
    found: list[list[str]] = []
    waiting = threading.Thread(target=lambda: found.append(lines.wait(3, 10.0)))
    waiting.start()
    with file.open("a") as more:
        more.write("ished\n")
    waiting.join(20)
    assert found == [["unfinished"]]
