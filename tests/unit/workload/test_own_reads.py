"""What a client reads is held against what was acknowledged to it."""

from array import array
from collections.abc import Iterator
from pathlib import Path

import pytest

from jsquared.clock import NS_PER_MS
from jsquared.records.history import ERROR_CODES, FAIL, OK, PENDING, UNKNOWN, HistoryWriter
from jsquared.records.models.catalogue import MODELS, call_of, slots_of
from jsquared.records.models.expiry import PASSING_MS, Passing
from jsquared.records.models.payloads import payload_of, short_of
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
    assert all(action in ("stale-read", "read-foreign") and node == NODE for action, node, _ in notes.notes)
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


@pytest.mark.parametrize(
    ("outcomes", "reply", "action"),
    [
        ([OK, OK], lambda: version(0), "stale-read"),
        ([OK], lambda: None, "stale-read"),
        ([OK], lambda: "something else", "read-foreign"),
        ([OK, FAIL], lambda: version(1), "read-foreign"),
    ],
)
def test_what_no_loss_gives_is_told_apart(history: HistoryWriter, outcomes: list[int], reply, action: str) -> None:  # type: ignore[no-untyped-def]
    """An older version or none is what a loss leaves; a value that nobody wrote, or that was refused, is not."""
    record(history, outcomes)
    notes = Notes()
    OwnReads(history, notes, PREFIX, CLIENT).judge(SERIES[len(outcomes)], reply(), NODE)
    assert [said for said, _, _ in notes.notes] == [action]


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


PASSING = next(number for number, model in enumerate(MODELS) if isinstance(model, Passing))
SENT_MS, ACKNOWLEDGED_MS, LIFE_MS = 1000, 1010, PASSING_MS


def passing(
    history: HistoryWriter,
    monkeypatch: pytest.MonkeyPatch,
    outcomes: list[int],
    read_ms: float,
    reply: object,
    node: int = NODE,
) -> list[tuple[str, str]]:
    """What is reported of a read, sent and replied to at that time, of a series whose operations were all given at once."""
    recorder = Recorder(history)
    before = slots_of(PASSING, 0)
    for slot, outcome in zip(before, outcomes, strict=True):
        one = range(slot, slot + 1)
        recorder.intend(one, array("q", [0]))
        recorder.invoke(one, SENT_MS * NS_PER_MS, NODE)
        {
            OK: lambda s: recorder.acknowledge(s, ACKNOWLEDGED_MS * NS_PER_MS, 1),
            FAIL: lambda s: recorder.fail(s, 1, 1),
        }.get(outcome, lambda s: recorder.doubt(s, 1, 1))(one)
    read = slots_of(PASSING, 1)[3]
    recorder.invoke(range(read, read + 1), int(read_ms * NS_PER_MS), node)
    monkeypatch.setattr(own_reads, "now_ns", lambda: int(read_ms * NS_PER_MS))
    notes = Notes()
    OwnReads(history, notes, PREFIX, CLIENT).judge(read, reply, node)
    return [(action, detail) for action, _, detail in notes.notes]


LAST = short_of(call_of(PREFIX, CLIENT, slots_of(PASSING, 0)[7])).decode()
ALL_OK = [OK] * 8
KEY = "t:app:passing:0:0"


@pytest.mark.parametrize(
    ("outcomes", "read_ms", "reply"),
    [
        (ALL_OK, SENT_MS + 300, LAST),
        (ALL_OK, SENT_MS + LIFE_MS + 15, LAST),
        (ALL_OK, ACKNOWLEDGED_MS + LIFE_MS + 15, LAST),
        (ALL_OK, SENT_MS + LIFE_MS - 15, None),
        (ALL_OK, ACKNOWLEDGED_MS + LIFE_MS + 500, None),
        ([UNKNOWN, *ALL_OK[1:]], ACKNOWLEDGED_MS + LIFE_MS + 500, LAST),
        ([*ALL_OK[1:], UNKNOWN], ACKNOWLEDGED_MS + LIFE_MS + 500, LAST),
        ([FAIL] * 8, SENT_MS + 300, None),
    ],
)
def test_a_key_that_lives_for_a_time_is_there_and_then_gone(
    history: HistoryWriter, monkeypatch: pytest.MonkeyPatch, outcomes: list[int], read_ms: float, reply: object
) -> None:
    """About its end it may be either; what nobody knows the outcome of may have given it a longer life."""
    assert passing(history, monkeypatch, outcomes, read_ms, reply) == []


def test_a_key_that_is_gone_early_is_reported(history: HistoryWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was acknowledged, and its time is not over."""
    said = passing(history, monkeypatch, ALL_OK, SENT_MS + LIFE_MS - 25, None)
    assert said == [("gone-early", f"{KEY}: read as absent before the end of 7")]


def test_a_key_that_is_shown_after_its_end_is_reported(history: HistoryWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the node that acknowledged it, and by nobody else: another one may have been told later."""
    late_ms = ACKNOWLEDGED_MS + LIFE_MS + 25
    said = passing(history, monkeypatch, ALL_OK, late_ms, LAST)
    assert said == [("read-late", f"{KEY}: read 7 after its end")]
    assert passing(history, monkeypatch, ALL_OK, late_ms, LAST, node=NODE + 1) == []


def test_an_older_value_is_stale_whatever_its_life(history: HistoryWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key holds what was overwritten."""
    older = short_of(call_of(PREFIX, CLIENT, slots_of(PASSING, 0)[5])).decode()
    said = passing(history, monkeypatch, ALL_OK, SENT_MS + 300, older)
    assert said == [("stale-read", f"{KEY}: read version 5, 7 was acknowledged")]


@pytest.mark.parametrize(
    ("kind", "step", "reply", "words"),
    [
        ("deletion", 1, None, "read as absent, 0 was acknowledged"),
        ("deletion", 3, None, "read as absent, 2 was acknowledged"),
        ("lasting", 2, "older", "read a value that was never written, 0 was acknowledged"),
    ],
)
def test_other_kinds_are_read_too(history: HistoryWriter, kind: str, step: int, reply: object, words: str) -> None:
    """What a key holds follows from its last operation that sets a value: EXPIRE does not."""
    number = next(number for number, model in enumerate(MODELS) if model.name == kind)
    slots = slots_of(number, 0)
    recorder, notes = Recorder(history), Notes()
    for slot in slots[:step]:
        one = range(slot, slot + 1)
        recorder.intend(one, array("q", [5]))
        recorder.invoke(one, 7, NODE)
        recorder.acknowledge(one, 9, 1)
    reads = OwnReads(history, notes, PREFIX, CLIENT)
    last_set = slots[step - 1] if kind == "deletion" else slots[0]
    reads.judge(slots[step], payload_of(call_of(PREFIX, CLIENT, last_set)).decode(), NODE)
    assert notes.notes == []
    reads.judge(slots[step], reply, NODE)
    assert [detail for _, _, detail in notes.notes] == [f"t:app:{kind}:0:0: {words}"]
