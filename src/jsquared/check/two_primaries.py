"""Two data nodes that call themselves primary at the same time: since when, how long, and what came of it.

Sentinel cannot prevent it: a primary that is cut off, or that comes back from the dead, remains one until it is told otherwise. It does
harm where clients write to it. So each such time is a fact with its consequence: the writes that the deposed primary acknowledged, those
of them that are lost, or the reason why there are none. The outcome is up to the objectives about losses.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from jsquared.check.checker import Findings
from jsquared.check.refusals import clause, refusals
from jsquared.check.timeline import Timeline
from jsquared.clock import NS_PER_MS
from jsquared.records import history as h
from jsquared.records.event_types import ProcessChanged, RoleChanged
from jsquared.records.run_directory import TrialRecord
from jsquared.records.verdict import TwoPrimaries
from jsquared.text import counted, duration, seconds

NOTICED_FROM_MS = 500.0
"""Shorter than this, two primaries are the moment of a failover itself: nodes are asked for their role twenty times a second."""
MOST = 10
"""More of them in one trial say nothing new."""


@dataclass(frozen=True)
class Claim:
    """A time in which a node called itself primary."""

    node: str
    from_ms: float
    until_ms: float


class TwoPrimariesAtOnce:
    """Every time in which two nodes called themselves primary, with its consequence."""

    name = "two primaries at once"

    def check(self, record: TrialRecord) -> Findings:
        """Compare the nodes' own words; no outcome follows from them."""
        findings = Findings()
        timeline = Timeline.of(record)
        found = [_told(timeline, *pair) for pair in _pairs(claims(timeline))]
        findings.two_primaries = sorted(found, key=lambda one: one.from_ms)[:MOST]
        findings.facts.extend(one.explanation for one in findings.two_primaries)
        return findings


def claims(timeline: Timeline) -> list[Claim]:
    """Return when each data node of the trial's primary called itself primary, by its own word; silence and its process' end end it."""
    found = []
    for node in timeline.record.plan.data_nodes():
        since: float | None = None
        stopped = False
        for event in timeline.record.events:
            if event.source != node.name or not isinstance(event, RoleChanged | ProcessChanged):
                continue
            says = isinstance(event, RoleChanged) and event.role == "primary"
            goes_on = isinstance(event, ProcessChanged) and event.state == "continued" and stopped
            if (says or goes_on) and since is None:
                since, stopped = event.t_ms, False
            elif since is not None and not says and not _is_started(event):
                found.append(Claim(node.name, since, event.t_ms))
                stopped = isinstance(event, ProcessChanged) and event.state == "stopped"
                since = None
        if since is not None:
            found.append(Claim(node.name, since, timeline.end_ms))
    return found


def _is_started(event: RoleChanged | ProcessChanged) -> bool:
    return isinstance(event, ProcessChanged) and event.state in ("started", "continued")


def _pairs(found: list[Claim]) -> list[tuple[Claim, Claim]]:
    """The claims of two nodes that overlap for long enough."""
    return [
        (one, other)
        for one, other in combinations(found, 2)
        if one.node != other.node
        and min(one.until_ms, other.until_ms) - max(one.from_ms, other.from_ms) >= NOTICED_FROM_MS
    ]


def _told(timeline: Timeline, one: Claim, other: Claim) -> TwoPrimaries:
    from_ms, until_ms = max(one.from_ms, other.from_ms), min(one.until_ms, other.until_ms)
    deposed, primary = (one, other) if _reigning(timeline, from_ms) == other.node else (other, one)
    acknowledged, lost = _writes_on(timeline, deposed.node, from_ms, until_ms)
    again = deposed.from_ms > primary.from_ms
    text = (
        f"{deposed.node} {'called itself primary again' if again else 'still called itself primary'} for {duration(until_ms - from_ms)} "
        f"(from {seconds(from_ms)} to {seconds(until_ms)}) beside {primary.node}: "
        f"{_consequence(timeline, deposed.node, (from_ms, until_ms), acknowledged, lost)}"
    )
    return TwoPrimaries(
        node=deposed.node,
        beside=primary.node,
        from_ms=from_ms,
        until_ms=until_ms,
        acknowledged=acknowledged,
        lost=lost,
        explanation=text,
    )


def _reigning(timeline: Timeline, at_ms: float) -> str:
    """The node that the Sentinels had promoted last at that moment (its own word may come a moment before theirs)."""
    before = [reign.node for reign in timeline.reigns if reign.from_ms <= at_ms + NOTICED_FROM_MS]
    return before[-1] if before else ""


def _writes_on(timeline: Timeline, node: str, from_ms: float, until_ms: float) -> tuple[int, int | None]:
    """Return how many writes a node acknowledged between two moments, and how many of them are lost."""
    operations = timeline.record.operations
    rows = (operations.outcome == h.OK) & (operations.node == timeline.number_of(node))
    rows &= (operations.completed_ns >= from_ms * NS_PER_MS) & (operations.completed_ns <= until_ms * NS_PER_MS)
    acknowledged = int(np.count_nonzero(rows))
    found = operations.found.get(timeline.final_primary)
    if found is None:
        return acknowledged, None if acknowledged else 0
    gone = int(np.count_nonzero((found[rows] == h.ABSENT) | (found[rows] == h.DIFFERENT)))
    unread = int(np.count_nonzero(found[rows] == h.NOT_READ))
    return acknowledged, None if unread and not gone else gone


def _consequence(timeline: Timeline, node: str, span: tuple[float, float], acknowledged: int, lost: int | None) -> str:
    of = f"the {counted(acknowledged, 'write')} that it acknowledged in that time"
    if lost is None:
        return f"it is unknown whether any of {of} was lost"
    if lost:
        return f"{lost:,} of {of} {'was' if lost == 1 else 'were'} lost"
    if acknowledged:
        return f"harmless here, since {of} {'was' if acknowledged == 1 else 'were all'} kept"
    clients = tuple(client.name for client in timeline.record.plan.clients)
    refused = refusals(timeline, clients, *span, node=node)
    if refused:
        return f"harmless here, since it acknowledged no write: {clause(refused[0])}"
    return f"harmless here, since it acknowledged no write: {_tried(timeline, node, span)}"


def _tried(timeline: Timeline, node: str, span: tuple[float, float]) -> str:
    operations = timeline.record.operations
    tried = (operations.node == timeline.number_of(node)) & (operations.invoked_ns >= span[0] * NS_PER_MS)
    tried &= operations.invoked_ns <= span[1] * NS_PER_MS
    number = int(np.count_nonzero(tried))
    return f"{counted(number, 'write')} sent to it got no reply that counts" if number else "no client wrote to it"
