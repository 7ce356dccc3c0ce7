"""Clients' longest time without an acknowledgement, per client and for all clients together.

A client's load begins with the ``load`` phase (or with its first intended write, if that is later) and ends with its last intended
or completed one, so a gap may also lie before the first or after the last acknowledgement. An open loop goes on intending writes
while nothing is acknowledged, so the end of the load does not depend on Redis.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jsquared.check.checker import Findings
from jsquared.check.refusals import refusals
from jsquared.check.timeline import Timeline
from jsquared.clock import NS_PER_MS
from jsquared.records import history as h
from jsquared.records.operations import NEVER, Operations
from jsquared.records.run_directory import TrialRecord
from jsquared.records.verdict import ClientGap
from jsquared.text import duration, seconds

ALL_CLIENTS = "all clients"


@dataclass(frozen=True)
class Load:
    """One client's load: its rows in the history, and when it began and ended in ns."""

    client: str
    rows: slice
    begin_ns: int
    end_ns: int


def loads(record: TrialRecord, begin_ms: float | None) -> list[Load]:
    """The load of every client that intended a write; ``begin_ms`` is when the load phase began, if it did."""
    operations = record.operations
    begin_ns = 0 if begin_ms is None else int(begin_ms * NS_PER_MS)
    found = []
    for number, client in enumerate(record.plan.clients):
        rows = operations.rows_of(number)
        if rows.start == rows.stop:
            continue
        first = int(operations.intended_ns[rows].min())
        last = max(int(operations.intended_ns[rows].max()), int(operations.completed_ns[rows].max()))
        found.append(Load(client.name, rows, max(first, begin_ns), last))
    return found


def acknowledged_ns(operations: Operations, rows: slice) -> NDArray[np.int64]:
    """Return the times of acknowledgement in ns, in the order of the history."""
    completed = operations.completed_ns[rows]
    acknowledged: NDArray[np.int64] = completed[(operations.outcome[rows] == h.OK) & (completed != NEVER)]
    return acknowledged


def longest_gap(client: str, acks_ns: NDArray[np.int64], begin_ns: int, end_ns: int) -> ClientGap:
    """The longest time without an acknowledgement between two moments, the earliest of equals; ``acks_ns`` are sorted."""
    first, last = np.searchsorted(acks_ns, [begin_ns, end_ns + 1])
    edges = np.concatenate([[begin_ns], acks_ns[first:last], [max(end_ns, begin_ns)]])
    lengths = np.diff(edges)
    index = int(lengths.argmax())
    return ClientGap(
        client=client,
        gap_ms=float(lengths[index]) / NS_PER_MS,
        from_ms=float(edges[index]) / NS_PER_MS,
        until_ms=float(edges[index + 1]) / NS_PER_MS,
        resumed=index < len(lengths) - 1,
    )


class WriteGap:
    """The longest time without an acknowledgement."""

    name = "write gap"

    def check(self, record: TrialRecord) -> Findings:
        """Measure it per client, with what servers answered meanwhile, and for all together."""
        findings = Findings()
        timeline = Timeline.of(record)
        parts = loads(record, timeline.phase_ms("load"))
        acks = [np.sort(acknowledged_ns(record.operations, part.rows)) for part in parts]
        findings.gaps = [
            longest_gap(part.client, own, part.begin_ns, part.end_ns) for part, own in zip(parts, acks, strict=True)
        ]
        for gap in findings.gaps:
            gap.refusals = refusals(timeline, (gap.client,), gap.from_ms, gap.until_ms)
        if parts:
            begin, end = min(part.begin_ns for part in parts), max(part.end_ns for part in parts)
            # Each client's are sorted already: a stable sort only merges them.
            gap = longest_gap(ALL_CLIENTS, np.sort(np.concatenate(acks), kind="stable"), begin, end)
            findings.overall_gap = gap
            findings.facts.append(
                f"the longest time in which no client at all had a write acknowledged was {duration(gap.gap_ms)} "
                f"(from {seconds(gap.from_ms)} to {seconds(gap.until_ms)})"
            )
        return findings
