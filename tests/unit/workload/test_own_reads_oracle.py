"""What a client may read of its own versions, against an oracle that applies them in every order that their outcomes allow."""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations, permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jsquared.clock import NS_PER_MS
from jsquared.records.history import ERROR_CODES, HistoryWriter
from jsquared.records.models.catalogue import MODELS, call_of, slots_of
from jsquared.records.models.expiry import PASSING_MS
from jsquared.records.models.payloads import payload_of, short_of
from jsquared.workload import own_reads
from jsquared.workload.own_reads import OwnReads
from jsquared.workload.recorder import Recorder
from jsquared.workload.reporter import Reporter

pytestmark = pytest.mark.unmeasured

KIND = next(number for number, model in enumerate(MODELS) if model.name == "versions")
SERIES = slots_of(KIND, 0)
ACKNOWLEDGED, REFUSED, UNSENT = "acknowledged", "READONLY", "no primary known"
UNCONFIRMED = ("too few replicas acknowledged", "UNBLOCKED", "partly refused")
UNANSWERED = ("timeout", "connection lost", "pending")
FOREIGN = 99


class Notes(Reporter):
    """Counts what is said."""

    def __init__(self) -> None:
        self.said = 0

    def say(self, action: str, node: int = -1, detail: str = "") -> None:
        """Count it."""
        self.said += 1


def visible(outcomes: Sequence[str]) -> set[int | None]:
    """The version that is there at the end of every order: by the last one applied, or none."""
    return {order[-1] if order else None for order in orders(outcomes)}


def orders(outcomes: Sequence[str]) -> Iterator[tuple[int, ...]]:
    """Every choice and order of versions: acknowledged ones are there, unconfirmed ones too or not; only unanswered ones come late."""
    sure = [number for number, outcome in enumerate(outcomes) if outcome == ACKNOWLEDGED]
    unsure = [number for number, outcome in enumerate(outcomes) if outcome in (*UNCONFIRMED, *UNANSWERED)]
    for count in range(len(unsure) + 1):
        for chosen in combinations(unsure, count):
            for order in permutations([*sure, *chosen]):
                late = [number for place, number in enumerate(order) if number < max(order[:place], default=-1)]
                if all(outcomes[number] in UNANSWERED for number in late):
                    yield order


def write(recorder: Recorder, outcomes: Sequence[str]) -> None:
    """The first versions of the series, with these outcomes."""
    for slot, outcome in zip(SERIES, outcomes, strict=False):
        one = range(slot, slot + 1)
        recorder.intend(one, array("q", [5]))
        if outcome == UNSENT:
            recorder.fail(one, 9, ERROR_CODES[outcome])
            continue
        recorder.invoke(one, 7, 2)
        if outcome == ACKNOWLEDGED:
            recorder.acknowledge(one, 9, 1)
        elif outcome == REFUSED:
            recorder.fail(one, 9, ERROR_CODES[outcome])
        elif outcome != "pending":
            recorder.doubt(one, 9, ERROR_CODES[outcome])


def value(step: int) -> str:
    """The value of a version, as the connection's reader gives it."""
    return payload_of(call_of(b"t:", 0, SERIES[step])).decode(errors="replace")


OUTCOMES = st.sampled_from([ACKNOWLEDGED, ACKNOWLEDGED, REFUSED, UNSENT, *UNCONFIRMED, *UNANSWERED])


def test_what_is_reported_is_what_no_order_of_versions_shows(tmp_path: Path) -> None:
    """On random histories a read is reported where something was acknowledged and no order of versions shows what was read."""
    with HistoryWriter(tmp_path / "c.ops", 0) as history:
        recorder = Recorder(history)

        @settings(max_examples=2000)
        @given(st.lists(OUTCOMES, max_size=5), st.sampled_from([None, 0, 1, 2, 3, 4, FOREIGN]))
        def agree(outcomes: list[str], read: int | None) -> None:
            history.chunk(0).outcome[: SERIES[-1] + 1] = bytes(SERIES[-1] + 1)
            write(recorder, outcomes)
            notes = Notes()
            reply = None if read is None else value(read) if read != FOREIGN else "something else"
            OwnReads(history, notes, b"t:", 0).judge(SERIES[len(outcomes)], reply, 2)
            stale = ACKNOWLEDGED in outcomes and read not in visible(outcomes)
            assert bool(notes.said) == stale

        agree()


PASSING = next(number for number, model in enumerate(MODELS) if model.name == "passing")
BEFORE, READ = slots_of(PASSING, 0), slots_of(PASSING, 1)[0]
APART_MS = 300


@dataclass(frozen=True)
class Given:
    """A SET as the client knows it, and what became of it: how long after it was sent it was applied, None where it never was."""

    outcome: str
    applied_after_ms: int | None
    replied_after_ms: int


@cache
def given_by(outcome: str) -> st.SearchStrategy[Given]:
    """What an honest server may make of a SET with that outcome."""
    replied = st.integers(10, 200)
    applied: st.SearchStrategy[int | None] = st.integers(0, 10)
    if outcome == REFUSED:
        applied = st.none()
    elif outcome in UNANSWERED:
        applied = st.none() | st.integers(0, 4000)
    elif outcome in UNCONFIRMED:
        applied = st.none() | applied
    return st.builds(Given, st.just(outcome), applied, replied)


def honestly_shown(given: Sequence[Given], read_ms: int) -> str | None:
    """What a server shows that applies each when it says and forgets it when its time is over."""
    applied = [
        (number * APART_MS + one.applied_after_ms, number)
        for number, one in enumerate(given)
        if one.applied_after_ms is not None and number * APART_MS + one.applied_after_ms <= read_ms
    ]
    if not applied or read_ms >= max(applied)[0] + PASSING_MS:
        return None
    return short_of(call_of(b"t:", 0, BEFORE[max(applied)[1]])).decode()


def give(recorder: Recorder, given: Sequence[Given]) -> None:
    """The whole series, one SET after the other."""
    for number, one in enumerate(given):
        slots = range(BEFORE[number], BEFORE[number] + 1)
        sent_ms = number * APART_MS
        recorder.intend(slots, array("q", [sent_ms * NS_PER_MS]))
        recorder.invoke(slots, sent_ms * NS_PER_MS, 2)
        replied_ns = (sent_ms + one.replied_after_ms) * NS_PER_MS
        if one.outcome == ACKNOWLEDGED:
            recorder.acknowledge(slots, replied_ns, 1)
        elif one.outcome == REFUSED:
            recorder.fail(slots, replied_ns, ERROR_CODES[one.outcome])
        elif one.outcome != "pending":
            recorder.doubt(slots, replied_ns, ERROR_CODES[one.outcome])


ANY = st.sampled_from([ACKNOWLEDGED, ACKNOWLEDGED, ACKNOWLEDGED, REFUSED, *UNCONFIRMED, *UNANSWERED]).flatmap(given_by)


def test_an_honest_server_is_never_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever becomes of each SET, and whenever it is read, a key that lives for its time and no longer is right."""
    with HistoryWriter(tmp_path / "c.ops", 0) as history:
        recorder = Recorder(history)

        @settings(max_examples=500)
        @given(
            st.lists(ANY, min_size=len(BEFORE), max_size=len(BEFORE)),
            st.integers(0, 3000),
            st.integers(0, 300),
            st.integers(0, 300),
        )
        def agree(written: list[Given], later_ms: int, way_ms: int, back_ms: int) -> None:
            history.chunk(0).outcome[: READ + 1] = bytes(READ + 1)
            give(recorder, written)
            sent_ms = len(BEFORE) * APART_MS + later_ms
            recorder.invoke(range(READ, READ + 1), sent_ms * NS_PER_MS, 2)
            monkeypatch.setattr(own_reads, "now_ns", lambda: (sent_ms + way_ms + back_ms) * NS_PER_MS)
            notes = Notes()
            shown = honestly_shown(written, sent_ms + way_ms)
            own_reads.OwnReads(history, notes, b"t:", 0).judge(READ, shown, 2)
            assert notes.said == 0

        agree()
