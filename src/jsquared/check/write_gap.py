"""How long clients could not write: the longest time without an acknowledgement, per client and for all clients together.

A client's load begins with the ``load`` phase (or with its first intended write, if that is later) and ends with its last intended
or completed one, so a gap may also lie before the first or after the last acknowledgement. An open loop goes on intending writes
while nothing is acknowledged, so the end of the load does not depend on Redis.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jsquared.check.checker import Findings
from jsquared.check.phrases import milliseconds, seconds
from jsquared.check.timeline import Timeline
from jsquared.clock import NS_PER_MS
from jsquared.records import history as h
from jsquared.records.operations import NEVER, Operations
from jsquared.records.run_directory import TrialRecord
from jsquared.records.verdict import ClientGap

ALL_CLIENTS = "all clients"


@dataclass(frozen=True)
class Load:
    """One client's load: begin, end, and the sorted times of its acknowledgements, in ns."""

    client: str
    begin_ns: int
    end_ns: int
    acks_ns: NDArray[np.int64]


def loads(record: TrialRecord, begin_ms: float | None) -> list[Load]:
    """The load of every client that intended a write."""
    operations = record.operations
    begin_ns = None if begin_ms is None else int(begin_ms * NS_PER_MS)
    found = []
    for number, client in enumerate(record.plan.clients):
        rows = rows_of(operations, number)
        if rows.start == rows.stop:
            continue
        first = int(operations.intended_ns[rows].min())
        last = max(int(operations.intended_ns[rows].max()), int(operations.completed_ns[rows].max()))
        acks = acknowledgements(operations, rows)
        found.append(Load(client.name, first if begin_ns is None else max(first, begin_ns), last, acks))
    return found


def rows_of(operations: Operations, client: int) -> slice:
    """The rows of a client: operations are sorted by client."""
    first, last = np.searchsorted(operations.client, np.array([client, client + 1], dtype=operations.client.dtype))
    return slice(int(first), int(last))


def acknowledgements(operations: Operations, rows: slice) -> NDArray[np.int64]:
    """When writes were acknowledged, sorted, in ns."""
    completed = operations.completed_ns[rows]
    acks: NDArray[np.int64] = np.sort(completed[(operations.outcome[rows] == h.OK) & (completed != NEVER)])
    return acks


def longest_gap(load: Load) -> ClientGap:
    """The longest time without an acknowledgement in a load; the earliest of equals."""
    inside = load.acks_ns[(load.acks_ns >= load.begin_ns) & (load.acks_ns <= load.end_ns)]
    edges = np.concatenate([[load.begin_ns], inside, [max(load.end_ns, load.begin_ns)]])
    lengths = np.diff(edges)
    index = int(lengths.argmax())
    return ClientGap(
        client=load.client,
        gap_ms=float(lengths[index]) / NS_PER_MS,
        from_ms=float(edges[index]) / NS_PER_MS,
        until_ms=float(edges[index + 1]) / NS_PER_MS,
        resumed=index < len(lengths) - 1,
    )


def together(parts: list[Load]) -> Load:
    """All clients' loads as one."""
    acks = np.sort(np.concatenate([part.acks_ns for part in parts]))
    begin = min(part.begin_ns for part in parts)
    return Load(ALL_CLIENTS, begin, max(part.end_ns for part in parts), acks)


class WriteGap:
    """The longest time without an acknowledgement."""

    name = "write gap"

    def check(self, record: TrialRecord) -> Findings:
        """Measure it per client and for all together."""
        findings = Findings()
        parts = loads(record, Timeline.of(record).phase_ms("load"))
        findings.gaps = [longest_gap(part) for part in parts]
        if parts:
            gap = findings.overall_gap = longest_gap(together(parts))
            findings.facts.append(
                f"the longest time in which no client at all had a write acknowledged was {milliseconds(gap.gap_ms)} "
                f"(from {seconds(gap.from_ms)} to {seconds(gap.until_ms)})"
            )
        return findings
