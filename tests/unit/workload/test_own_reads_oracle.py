"""What a client may read of its own versions, against an oracle that applies them in every order that their outcomes allow."""

from array import array
from collections.abc import Iterator, Sequence
from itertools import combinations, permutations
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from jsquared.records.history import ERROR_CODES, HistoryWriter
from jsquared.records.models.catalogue import MODELS, call_of, slots_of
from jsquared.records.models.payloads import payload_of
from jsquared.workload.own_reads import OwnReads
from jsquared.workload.recorder import Recorder
from jsquared.workload.reporter import Reporter

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

        @settings(max_examples=2000, deadline=None)
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
