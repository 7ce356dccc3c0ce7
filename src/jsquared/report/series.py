"""Operations per bucket of time: throughput, latency and errors as the report draws them.

Everything is aggregated here with numpy, so a report's size depends on the length of a trial and not on its load.
A series of counts is ``{"at": first bucket, "v": [...]}``: leading and trailing empty buckets are left out.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jsquared.records import history as h
from jsquared.records.event_types import DatasetRead
from jsquared.records.load_events import LoadRateChanged
from jsquared.records.operations import Operations
from jsquared.records.reading import LONGEST_MS
from jsquared.records.run_directory import TrialRecord
from jsquared.records.verdict import TrialVerdict

NS_PER_MS = 1e6
MAX_BUCKETS = 6000
# 50 ms up to a minute and 100 ms up to ten; only longer trials are drawn more coarsely.
_BUCKETS_MS = ((60_000, 50), (600_000, 100))
_NICE = (1, 2, 5)

Times = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Axis:
    """The common time axis of a trial: from its zero to ``end_ms`` in buckets of ``bucket_ms``."""

    end_ms: float
    bucket_ms: int

    @classmethod
    def until(cls, end_ms: float) -> "Axis":
        """The finest axis that keeps a trial of this length at or below ``MAX_BUCKETS``; one longer than ``LONGEST_MS`` ends there."""
        end_ms = min(max(float(end_ms), 1.0), LONGEST_MS)
        for limit_ms, bucket_ms in _BUCKETS_MS:
            if end_ms <= limit_ms:
                return cls(end_ms, bucket_ms)
        decade = 100
        while True:
            for step in _NICE:
                if end_ms <= MAX_BUCKETS * decade * step:
                    return cls(end_ms, decade * step)
            decade *= 10

    @property
    def buckets(self) -> int:
        """Return the number of buckets; the last may reach beyond the end."""
        return int(self.end_ms // self.bucket_ms) + 1

    def bucket_of(self, at_ms: Times) -> NDArray[np.int64]:
        """The bucket of each time; times outside belong to the first or last bucket."""
        return np.clip(at_ms // self.bucket_ms, 0, self.buckets - 1).astype(np.int64)

    def count(self, at_ms: Times) -> dict[str, Any]:
        """Count these times bucket by bucket, trimmed."""
        return trimmed(np.bincount(self.bucket_of(at_ms), minlength=self.buckets))


def trimmed(counts: NDArray[np.int64]) -> dict[str, Any]:
    """Counts without the zeros at both ends."""
    used = np.flatnonzero(counts)
    if not len(used):
        return {"at": 0, "v": []}
    first, last = int(used[0]), int(used[-1])
    return {"at": first, "v": counts[first : last + 1].tolist()}


def axis_of(record: TrialRecord, verdict: TrialVerdict) -> Axis:
    """An axis that holds the whole trial: its duration, its last event and its last operation."""
    ends = [verdict.duration_ms, *(event.t_ms for event in record.events[-1:])]
    if len(record.operations):
        ends.append(float(done_ms(record.operations).max()))
    return Axis.until(max(ends))


def highest_rate_per_s(record: TrialRecord) -> int:
    """Return the most writes a second that each client was told to begin."""
    return max([record.plan.workload.rate_per_s, *(event.rate_per_s for event in record.of(LoadRateChanged))])


def done_ms(operations: Operations) -> Times:
    """Return the time of each operation's outcome; where there is none, of its sending, or else the intended time."""
    done = np.where(operations.completed_ns >= 0, operations.completed_ns, operations.invoked_ns)
    done = np.where(done >= 0, done, operations.intended_ns)
    return np.asarray(done / NS_PER_MS)


def lost_rows(record: TrialRecord, verdict: TrialVerdict) -> Mask:
    """The operations that the verdict's loss groups speak of: acknowledged in a group's span and absent at the end."""
    operations = record.operations
    rows = np.zeros(len(operations), dtype=bool)
    final = [event.source for event in record.of(DatasetRead) if event.primary]
    found = operations.found.get(final[-1]) if final else None
    if found is None:
        return rows
    gone = (operations.outcome == h.OK) & ((found == h.ABSENT) | (found == h.DIFFERENT))
    at_ms = done_ms(operations)
    numbers = {client.name: record.client_number(client.name) for client in record.plan.clients}
    nodes = {node.name: number for number, node in enumerate(record.plan.data_nodes())}
    for loss in verdict.losses:
        span = (at_ms >= loss.first_ms - 0.01) & (at_ms <= loss.last_ms + 0.01)
        of_client = operations.client == numbers.get(loss.client, -1)
        rows |= gone & span & of_client & (operations.node == nodes.get(loss.node, h.NO_NODE))
    return rows


def throughput(record: TrialRecord, verdict: TrialVerdict, axis: Axis) -> list[dict[str, Any]]:
    """For each client: how many writes each bucket saw acknowledged (and kept), lost, failed and unknown.

    Acknowledged writes count when they were acknowledged, so that a stall shows; the others when they were intended,
    because clients give up on many of them at once.
    """
    operations = record.operations
    lost = lost_rows(record, verdict)
    at_ms = np.where(operations.outcome == h.OK, done_ms(operations), operations.intended_ns / NS_PER_MS)
    kinds: dict[str, Mask] = {
        "acknowledged": (operations.outcome == h.OK) & ~lost,
        "lost": lost,
        "failed": operations.outcome == h.FAIL,
        "unknown": operations.outcome == h.UNKNOWN,
    }
    return [
        {
            "name": client.name,
            **{kind: axis.count(at_ms[rows & of_client]) for kind, rows in kinds.items()},
        }
        for client in record.plan.clients
        for of_client in [operations.client == record.client_number(client.name)]
    ]


def latency(operations: Operations, axis: Axis) -> dict[str, Any]:
    """p50, p99 and maximum of the acknowledged writes' latency per bucket, in ms, from intended to completed; ``overall`` likewise.

    A write counts in the bucket in which it was intended, so waiting is seen where it was felt. None where none was acknowledged.
    """
    rows = operations.outcome == h.OK
    intended_ms = operations.intended_ns[rows] / NS_PER_MS
    took_ms = operations.completed_ns[rows] / NS_PER_MS - intended_ms
    bucket = axis.bucket_of(intended_ms)
    order = np.lexsort((took_ms, bucket))
    took_ms, counts = took_ms[order], np.bincount(bucket, minlength=axis.buckets)
    used = np.flatnonzero(counts)
    if not len(used):
        return {"at": 0, "p50": [], "p99": [], "max": [], "overall": {}}
    first, last = int(used[0]), int(used[-1]) + 1
    starts = np.cumsum(counts) - counts
    series = {"p50": 0.5, "p99": 0.99, "max": 1.0}
    columns = {name: _quantiles(took_ms, starts[first:last], counts[first:last], q) for name, q in series.items()}
    overall = {
        name: _quantiles(np.sort(took_ms), np.zeros(1, int), np.array([len(took_ms)]), q)[0]
        for name, q in series.items()
    }
    return {"at": first, **columns, "overall": overall}


def _quantiles(values: Times, starts: NDArray[np.int64], counts: NDArray[np.int64], q: float) -> list[float | None]:
    # Nearest rank: the smallest value that at least a share q of the bucket does not exceed.
    ranks = starts + np.maximum(np.ceil(q * counts).astype(np.int64), 1) - 1
    picked = values[np.minimum(ranks, len(values) - 1)]
    rounded: list[float | None] = [float(f"{value:.3g}") for value in picked.tolist()]
    return [value if number else None for value, number in zip(rounded, counts.tolist(), strict=True)]


def errors(operations: Operations, axis: Axis) -> list[dict[str, Any]]:
    """Failed and unknown operations by kind, most frequent first, with their counts per bucket of the intended time."""
    at_ms = operations.intended_ns / NS_PER_MS
    kinds = []
    for outcome, certain in ((h.FAIL, True), (h.UNKNOWN, False)):
        for code in np.unique(operations.error[operations.outcome == outcome]).tolist():
            rows = (operations.outcome == outcome) & (operations.error == code)
            times = at_ms[rows]
            kinds.append(
                {
                    "kind": _error_name(code),
                    "label": f"{_error_name(code)}, {'failed' if certain else 'unknown'}",
                    "certain": certain,
                    "total": len(times),
                    "first": round(float(times.min()), 1),
                    "last": round(float(times.max()), 1),
                    **axis.count(times),
                }
            )
    return sorted(kinds, key=lambda kind: (-int(kind["total"]), str(kind["kind"])))


def _error_name(code: int) -> str:
    name = h.ERROR_NAMES[code] if code < len(h.ERROR_NAMES) else f"error {code}"
    return name or "no reply recorded"
