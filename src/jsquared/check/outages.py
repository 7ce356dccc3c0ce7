"""All the time without service, not only the longest of it: a second outage after the first good write counts too.

Looked at where a failover is to end the outage, for the clients that the plan's objective names: together all their outages after the
first fault must keep the limit of that one. A later fault that begins while the client is served, and moves the primary again, may cost as
much once more. Where the primary stays, an outage is as long as the fault lasts, and ``write_gap`` limits it.
"""

import bisect
import itertools
from dataclasses import dataclass

import numpy as np

from jsquared.check.checker import Findings, Note
from jsquared.check.disturbance import held_against
from jsquared.check.timeline import Timeline
from jsquared.check.write_gap import acknowledged_ns, loads
from jsquared.clock import NS_PER_MS
from jsquared.records.run_directory import TrialRecord
from jsquared.text import counted, duration, listed, seconds

OUTAGE_FROM_MS = 250.0
"""A time without an acknowledgement from which on it counts as an outage; shorter ones are latency."""


@dataclass(frozen=True)
class Outage:
    """A time in which a client had no write acknowledged."""

    from_ms: float
    length_ms: float


class Outages:
    """All outages of a client after a fault keep the limit of one together."""

    name = "outages"

    def check(self, record: TrialRecord) -> Findings:
        """Add up the outages of every client in scope after the first fault."""
        findings = Findings()
        timeline = Timeline.of(record)
        limits = [one for one in record.plan.objectives if one.name == "failover"]
        begin_ms = min((span.start_ms for span in timeline.faults), default=float("inf"))
        for client, all_outages in _by_client(record, timeline, begin_ms).items():
            limit_ms = max((one.limit for one in limits if client in (one.clients or (client,))), default=None)
            for outages in _by_cause(all_outages, timeline) if limit_ms is not None else ():
                _judge(record, client, outages, limit_ms or 0.0, findings)
        return findings


def _judge(record: TrialRecord, client: str, outages: list[Outage], limit_ms: float, findings: Findings) -> None:
    total_ms = sum(one.length_ms for one in outages)
    longest_ms = max(one.length_ms for one in outages)
    if len(outages) < 2:
        return
    if total_ms > limit_ms >= longest_ms:
        findings.notes.append(Note(held_against(record), _sentence(client, outages, total_ms, limit_ms)))
    elif total_ms > 1.5 * longest_ms:
        findings.facts.append(f"{client} could not write for {duration(total_ms)} in total, in {_list(outages)}")


def _by_cause(outages: list[Outage], timeline: Timeline) -> list[list[Outage]]:
    """A client's outages in groups: a fault that began while it was served and moved the primary begins a new one."""
    starts = sorted({span.start_ms for span in timeline.faults})[1:]
    moves = sorted(change.first_ms for change in timeline.failovers)
    begins: list[float] = []
    for start_ms, next_ms in itertools.pairwise([*starts, float("inf")]):
        served = not any(one.from_ms + OUTAGE_FROM_MS <= start_ms < one.from_ms + one.length_ms for one in outages)
        if served and any(start_ms < at_ms < next_ms for at_ms in moves):
            begins.append(start_ms)
    groups: list[list[Outage]] = [[] for _ in range(len(begins) + 1)]
    for one in outages:
        groups[bisect.bisect_left(begins, one.from_ms + one.length_ms)].append(one)
    return [group for group in groups if group]


def _by_client(record: TrialRecord, timeline: Timeline, begin_ms: float) -> dict[str, list[Outage]]:
    found = {}
    for part in loads(record, timeline.phase_ms("load")):
        acks_ms = np.sort(acknowledged_ns(record.operations, part.rows)) / NS_PER_MS
        edges = np.concatenate([acks_ms, [part.end_ns / NS_PER_MS]])
        lengths = np.diff(edges)
        long = np.flatnonzero((lengths >= OUTAGE_FROM_MS) & (edges[1:] > begin_ms))
        found[part.client] = [Outage(float(edges[index]), float(lengths[index])) for index in long]
    return found


def _sentence(client: str, outages: list[Outage], total_ms: float, limit_ms: float) -> str:
    return (
        f"{client} could not write for {duration(total_ms)} in total, over the limit of {duration(limit_ms)}, which each of its "
        f"{_list(outages)} met"
    )


def _list(outages: list[Outage]) -> str:
    longest = sorted(outages, key=lambda one: -one.length_ms)[:3]
    shown = listed([f"{duration(one.length_ms)} from {seconds(one.from_ms)}" for one in longest])
    return f"{counted(len(outages), 'outage')} ({'the longest ' if len(outages) > 3 else ''}{shown})"
