"""The operations with a model of a trial by the keys that they are about, each series with what the final primary holds of it."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from jsquared.check.explanation import Series
from jsquared.check.lifetimes import Lifetimes, Seen
from jsquared.check.possible_replies import Answered
from jsquared.check.reachable import Fate, Step
from jsquared.clock import NS_PER_MS
from jsquared.records import history as h
from jsquared.records.contents import Contents
from jsquared.records.models.catalogue import MODELS, call_of, series_of
from jsquared.records.models.model import SERIES, Model
from jsquared.records.operations import Operations

PARTLY_REFUSED = h.ERROR_CODES["partly refused"]
MOVES_CLOCKS = ("clock-step", "clock-skew")
"""Faults that let keys expire at other times than they were told."""


@dataclass(frozen=True)
class Rows:
    """One series: its rows in the operations by step, and where its keys lie."""

    model: Model
    client: int
    number: int
    rows: dict[int, int]

    @property
    def database(self) -> int:
        """The database of its keys."""
        return self.model.database(self.number)

    @property
    def keys(self) -> tuple[bytes, ...]:
        """The names of its keys."""
        slot = self.number * SERIES * len(MODELS) + MODELS.index(self.model)
        return call_of(h.KEY_PREFIX.encode(), self.client, slot).keys


def all_series(operations: Operations) -> list[Rows]:
    """Every series that was begun, in no particular order."""
    rows: dict[tuple[int, int, int], dict[int, int]] = defaultdict(dict)
    pairs = zip(operations.client.tolist(), operations.slot.tolist(), strict=True)
    for row, (client, slot) in enumerate(pairs):
        series, step = series_of(slot)
        rows[slot % len(MODELS), client, series][step] = row
    return [Rows(MODELS[kind], client, number, steps) for (kind, client, number), steps in rows.items()]


class Reader:
    """Makes of rows what can be explained. ``moved`` says that a fault moved clocks; ``read_ms`` is when the node had been read."""

    def __init__(self, operations: Operations, contents: Contents, read_ms: float, *, moved: bool) -> None:
        self._contents, self._read_ms, self._moved = contents, read_ms, moved
        self._outcome, self._error = operations.outcome.tolist(), operations.error.tolist()
        self._completed, self._node = operations.completed_ns.tolist(), operations.node.tolist()
        self._reply = [] if operations.reply is None else operations.reply.tolist()
        self._reply_kind = [0] * len(operations) if operations.reply_kind is None else operations.reply_kind.tolist()
        self._invoked_ms = (operations.invoked_ns / NS_PER_MS).tolist()

    def series(self, of: Rows) -> Series | None:
        """Return the possible operations on the keys and their observed content; None where the operations are unknown."""
        steps: list[Step] = []
        refused: list[tuple[int, Step]] = []
        invoked_ms = [0.0] * SERIES
        for number, row in sorted(of.rows.items()):
            if self._error[row] == PARTLY_REFUSED:
                return None
            invoked_ms[number] = self._invoked_ms[row]
            step = self._step(of, number, row)
            if self._outcome[row] != h.FAIL:
                steps.append(step)
            elif self._node[row] != h.NO_NODE:
                refused.append((len(steps), step))
        return Series(
            of.model, tuple(steps), self._seen(of), Lifetimes(invoked_ms, self._read_ms, self._moved), tuple(refused)
        )

    def told(self, of: Rows) -> list[Answered] | None:
        """Return the replies to the operations that may have been applied; None where the operations are unknown."""
        told = []
        for number, row in sorted(of.rows.items()):
            if self._error[row] == PARTLY_REFUSED:
                return None
            if self._outcome[row] != h.FAIL:
                told.append(self._answered(self._step(of, number, row), row))
        return told

    def _answered(self, step: Step, row: int) -> Answered:
        if not self._reply_kind[row]:
            return Answered(step)
        # What was replied to was applied in its place, however the connection ended afterwards.
        fate = Fate.PERHAPS if step.fate is Fate.LATE else step.fate
        return Answered(replace(step, fate=fate), (self._reply_kind[row], self._reply[row]))

    def _step(self, of: Rows, number: int, row: int) -> Step:
        slot = (of.number * SERIES + number) * len(MODELS) + MODELS.index(of.model)
        call = call_of(h.KEY_PREFIX.encode(), of.client, slot)
        if self._outcome[row] != h.UNKNOWN:
            return Step(call, Fate.PLACED)
        if self._error[row] in h.UNREPLIED:
            return Step(call, Fate.LATE, self._completed[row])
        return Step(call, Fate.PERHAPS)

    def _seen(self, of: Rows) -> tuple[Seen | None, ...]:
        entries = (self._contents.get((of.database, key)) for key in of.keys)
        return tuple(None if entry is None else Seen.of(entry) for entry in entries)


def attempted_keys(operations: Operations) -> Iterator[tuple[int, bytes]]:
    """Every key, with its database, that operations may have made."""
    for series in all_series(operations):
        for key in series.keys:
            yield series.database, key
