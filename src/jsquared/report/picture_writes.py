"""The writes of a trial's picture: how many each data node acknowledged in each period, how many of them are lost, and from whom."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jsquared.records import history as h
from jsquared.records.run_directory import TrialRecord
from jsquared.records.verdict import TrialVerdict
from jsquared.report.series import done_ms, lost_rows

_NOT_ANSWERS = (
    "",
    "no primary known",
    "connection refused",
    "timeout",
    "connection lost",
    "stopped in flight",
    "not available here",
)
"""Reasons of the history for which no server is responsible: nothing was sent, or nothing came back."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Period:
    """A part of the trial; ``until_ms`` None is its end."""

    name: str
    from_ms: float
    until_ms: float | None


@dataclass(frozen=True)
class Arrow:
    """Writes of a client that a node acknowledged in a period; ``now`` is false for the period before the first fault."""

    client: str
    node: str
    count: int
    now: bool


def _within(record: TrialRecord, period: Period) -> Mask:
    at_ms = done_ms(record.operations)
    inside = at_ms >= period.from_ms
    return inside if period.until_ms is None else inside & (at_ms < period.until_ms)


def writes_by_node(
    record: TrialRecord, verdict: TrialVerdict, periods: tuple[Period, ...]
) -> dict[str, tuple[tuple[int, int], ...]]:
    """For each data node of the trial's primary: acknowledged and lost writes, period by period."""
    operations = record.operations
    lost = lost_rows(record, verdict)
    masks = [_within(record, period) for period in periods]
    return {
        node.name: tuple(_counted(own & mask, lost) for mask in masks)
        for number, node in enumerate(record.plan.data_nodes())
        for own in [(operations.outcome == h.OK) & (operations.node == number)]
    }


def _counted(rows: Mask, lost: Mask) -> tuple[int, int]:
    return int(np.count_nonzero(rows)), int(np.count_nonzero(rows & lost))


def arrows(record: TrialRecord, before: Period, main: Period) -> tuple[Arrow, ...]:
    """Return who wrote where before the first fault, and in the period that is drawn."""
    operations = record.operations
    found = []
    for period, now in ((before, False), (main, True)):
        mask = (operations.outcome == h.OK) & _within(record, period)
        for client in record.plan.clients:
            own = mask & (operations.client == record.client_number(client.name))
            for number, node in enumerate(record.plan.data_nodes()):
                count = int(np.count_nonzero(own & (operations.node == number)))
                if count:
                    found.append(Arrow(client.name, node.name, count, now))
    return tuple(found)


def refused_by(record: TrialRecord, node: str, period: Period) -> tuple[int, str] | None:
    """The error that a node answered most writes with in a period, and how many; None where it refused none."""
    nodes = [one.name for one in record.plan.data_nodes()]
    operations = record.operations
    if node not in nodes or not len(operations):
        return None
    rows = _within(record, period) & (operations.outcome != h.OK) & (operations.node == nodes.index(node))
    counts = np.bincount(operations.error[rows], minlength=len(h.ERROR_NAMES))
    counts[[h.ERROR_CODES[name] for name in _NOT_ANSWERS]] = 0
    code = int(counts.argmax())
    name = h.ERROR_NAMES[code] if code < len(h.ERROR_NAMES) else f"error {code}"
    return (int(counts[code]), name) if counts[code] else None
