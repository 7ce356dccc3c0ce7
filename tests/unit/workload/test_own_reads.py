"""What a client reads is held against what was acknowledged to it."""

from array import array
from collections.abc import Iterator
from pathlib import Path

import pytest

from jsquared.records.history import ERROR_CODES, FAIL, OK, PENDING, UNKNOWN, HistoryWriter
from jsquared.records.models.catalogue import MODELS, call_of, slots_of
from jsquared.records.models.payloads import payload_of
from jsquared.records.models.versions import Versions
from jsquared.workload import own_reads
from jsquared.workload.own_reads import OwnReads
from jsquared.workload.recorder import Recorder
from jsquared.workload.reporter import Reporter

PREFIX, CLIENT, NODE = b"t:", 0, 2
KIND = next(number for number, model in enumerate(MODELS) if isinstance(model, Versions))
SERIES = slots_of(KIND, 3)
UNCONFIRMED = -2
"""Replied to, and not confirmed by enough replicas: unknown, but never applied later."""


class Notes(Reporter):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.notes: list[tuple[str, int, str]] = []

    def say(self, action: str, node: int = -1, detail: str = "") -> None:
        """Keep it."""
        self.notes.append((action, node, detail))


@pytest.fixture
def history(tmp_path: Path) -> Iterator[HistoryWriter]:
    """An empty history."""
    with HistoryWriter(tmp_path / "c.ops", CLIENT) as writer:
        yield writer


def record(history: HistoryWriter, outcomes: list[int]) -> None:
    """The first versions of the series, with these outcomes."""
    recorder = Recorder(history)
    ways = {
        OK: lambda s: recorder.acknowledge(s, 9, 1),
        FAIL: lambda s: recorder.fail(s, 9, 1),
        UNKNOWN: lambda s: recorder.doubt(s, 9, ERROR_CODES["timeout"]),
        UNCONFIRMED: lambda s: recorder.doubt(s, 9, ERROR_CODES["too few replicas acknowledged"]),
    }
    for slot, outcome in zip(SERIES, outcomes, strict=False):
        one = range(slot, slot + 1)
        recorder.intend(one, array("q", [5]))
        recorder.invoke(one, 7, NODE)
        if outcome in ways:
            ways[outcome](one)


def version(step: int) -> str:
    """The value of a version, as the connection's reader gives it."""
    return payload_of(call_of(PREFIX, CLIENT, SERIES[step])).decode(errors="replace")


def judged(history: HistoryWriter, outcomes: list[int], reply: object) -> list[str]:
    """What is reported of a read in front of the next version."""
    record(history, outcomes)
    notes = Notes()
    OwnReads(history, notes, PREFIX, CLIENT).judge(SERIES[len(outcomes)], reply, NODE)
    assert all(note[:2] == ("stale-read", NODE) for note in notes.notes)
    return [note[2] for note in notes.notes]


@pytest.mark.parametrize(
    ("outcomes", "read"),
    [
        ([], None),
        ([OK], 0),
        ([OK, OK], 1),
        ([OK, FAIL], 0),
        ([OK, UNKNOWN], 0),
        ([OK, UNKNOWN], 1),
        ([UNKNOWN, OK], 0),
        ([UNKNOWN, OK], 1),
        ([OK, PENDING], 1),
        ([OK, UNCONFIRMED], 0),
        ([OK, UNCONFIRMED], 1),
        ([UNKNOWN, FAIL], None),
    ],
)
def test_what_may_be_seen_is_not_reported(history: HistoryWriter, outcomes: list[int], read: int | None) -> None:
    """The last acknowledged version, or one whose outcome nobody knows: in its place where it was replied to, else at any later time."""
    assert judged(history, outcomes, None if read is None else version(read)) == []


@pytest.mark.parametrize(
    ("outcomes", "reply", "words"),
    [
        ([OK, OK], lambda: version(0), "read version 0, 1 was acknowledged"),
        ([OK], lambda: None, "read as absent, 0 was acknowledged"),
        ([OK, OK, UNKNOWN], lambda: version(0), "read version 0, 1 was acknowledged"),
        ([OK, FAIL], lambda: version(1), "read version 1, 0 was acknowledged"),
        ([UNCONFIRMED, OK], lambda: version(0), "read version 0, 1 was acknowledged"),
        ([OK], lambda: "something else", "read a value that was never written, 0 was acknowledged"),
    ],
)
def test_less_than_was_acknowledged_is_reported(history: HistoryWriter, outcomes: list[int], reply, words: str) -> None:  # type: ignore[no-untyped-def]
    """An older version, none, one that was refused, one that was replied to before the acknowledged one, or a foreign value."""
    [detail] = judged(history, outcomes, reply())
    assert detail == f"t:app:versions:0:3: {words}"


def test_an_error_says_nothing(history: HistoryWriter) -> None:
    """A GET that is refused reads nothing."""
    record(history, [OK])
    notes = Notes()
    OwnReads(history, notes, PREFIX, CLIENT).judge(SERIES[1], ValueError("NOPERM"), NODE)
    assert notes.notes == []


def test_reports_end(history: HistoryWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    """A primary that has lost everything is not reported without end."""
    monkeypatch.setattr(own_reads, "MOST_REPORTS", 2)
    record(history, [OK])
    notes = Notes()
    reads = OwnReads(history, notes, PREFIX, CLIENT)
    for _ in range(5):
        reads.judge(SERIES[1], None, NODE)
    assert len(notes.notes) == 2
