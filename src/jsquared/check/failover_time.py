"""The phases of a failover's time, from the fault to the first acknowledged write on the new primary.

=========  ==================================================================================================
detect     fault → the first Sentinel considers the primary down (``+sdown``)
agree      → the Sentinel that will lead sees the quorum agree (``+odown``)
elect      → it is elected (``+elected-leader``)
promote    → the replica is primary (its own word, or ``+promoted-slave``, whichever came first)
announce   → a majority of the Sentinels gives the new address (``+switch-master``; the leader does from ``+promoted-slave`` on)
reconnect  → the first acknowledged write on the new primary by a client in scope, or its first refusal where those lasted until then
refused    → the first acknowledged write, where the new primary refused writes until then (NOREPLICAS …) or too few replicas confirmed
=========  ==================================================================================================

Marks never run backwards and never pass the end: where a client was told by the first Sentinel before the majority knew, *announce* ends
with its write and *reconnect* is zero. *refused* exists only where refusals lasted for ``REFUSED_FROM_MS`` or more. A mark that no one
recorded makes its phase zero, and a fact says so. Phases sum to the total.
"""

from collections import Counter
from itertools import pairwise

import numpy as np

from jsquared.check.checker import FailoverTime, Findings, Note
from jsquared.check.failovers import Failover, announced_ms, failovers_elsewhere, is_about_primary, promoted_node
from jsquared.check.fault_spans import FaultSpan
from jsquared.check.refusals import refusals, refused_since_ms, sentence
from jsquared.check.timeline import Timeline
from jsquared.clock import NS_PER_MS
from jsquared.records import history as h
from jsquared.records.event_types import SentinelEvent
from jsquared.records.run_directory import TrialRecord
from jsquared.records.verdict import PHASES, REFUSED, Refusal
from jsquared.text import counted, listed, seconds

ABORT = "-failover-abort-"
"""What the event of an attempt that a Sentinel gave up begins with; its reason follows."""
REFUSED_FROM_MS = 100.0
"""Refusals for so long are a phase; shorter ones belong to *reconnect*."""


class FailoverTimeChecker:
    """The first failover after the first fault, decomposed; failed elections, TILT and further failovers as facts."""

    name = "failover time"

    def check(self, record: TrialRecord) -> Findings:
        """Measure the failover and judge whether the planned one happened."""
        findings = Findings()
        timeline = Timeline.of(record)
        findings.failovers = len(timeline.failovers)
        change = first_after_fault(timeline)
        if change:
            findings.failover = measure(timeline, change, clients_in_scope(record), findings)
        elif record.plan.expect_failover:
            findings.notes.append(missing_failover(timeline))
        findings.facts.extend(_other_failovers(timeline, change))
        findings.facts.extend(_of_other_primaries(record))
        findings.facts.extend(_troubles(timeline))
        return findings


def clients_in_scope(record: TrialRecord) -> tuple[str, ...]:
    """The clients that the failover objective names, all where it names none."""
    named = [objective.clients for objective in record.plan.objectives if objective.name == "failover"]
    return (named[0] if named else ()) or tuple(client.name for client in record.plan.clients)


def first_after_fault(timeline: Timeline) -> Failover | None:
    """The first failover announced after the first fault began."""
    start = min((span.start_ms for span in timeline.faults), default=float("inf"))
    return next((change for change in timeline.failovers if change.first_ms >= start), None)


def measure(timeline: Timeline, change: Failover, clients: tuple[str, ...], findings: Findings) -> FailoverTime:
    """Decompose one failover; missing marks become facts of ``findings``."""
    fault = timeline.leading_fault(change)
    assert fault is not None  # noqa: S101, RUF100 -- first_after_fault() saw one begin before this change
    start = fault.start_ms
    end = _first_write_ms(timeline, change.new, start, clients)
    marks, missing = _marks(timeline, change, fault, end)
    waited = _last_attempt_ms(timeline, clients) - start
    if missing:
        findings.facts.append(f"no event marks the end of {listed(missing)}, counted as 0 s in the failover's phases")
    if end is None:
        refused = refusals(timeline, clients, start, timeline.end_ms, change.new)
        return FailoverTime(change.old, change.new, fault.id, None, max(waited, 0.0), None, marks, refused)
    refused = _split_off_refusals(timeline, change, clients, marks)
    if refused:
        findings.facts.append(f"before its first acknowledgement {sentence(refused)}")
    names = [name for name in (*PHASES, REFUSED) if name in marks]
    steps = [round(marks[name] * 1000) for name in ("fault", *names)]
    phases = {name: (after - before) / 1000 for name, (before, after) in zip(names, pairwise(steps), strict=True)}
    total = (steps[-1] - steps[0]) / 1000
    return FailoverTime(change.old, change.new, fault.id, total, total, phases, marks, refused)


def _split_off_refusals(
    timeline: Timeline, change: Failover, clients: tuple[str, ...], marks: dict[str, float]
) -> list[Refusal]:
    """End *reconnect* where the new primary began to refuse, if it did so until the end, and add the phase *refused*."""
    end = marks["reconnect"]
    since = refused_since_ms(timeline, clients, marks["announce"], end, change.new)
    if since is None or end - since < REFUSED_FROM_MS:
        return []
    marks["reconnect"], marks[REFUSED] = since, end
    return refusals(timeline, clients, since, end, change.new)


def _first_write_ms(timeline: Timeline, node: str, after_ms: float, clients: tuple[str, ...]) -> float | None:
    """Return the time of the first write on a node after a moment that was acknowledged to one of the clients."""
    operations = timeline.record.operations
    numbers = [planned.name for planned in timeline.record.plan.data_nodes()]
    if node not in numbers:
        return None
    never = np.iinfo(np.int64).max
    number, after_ns = numbers.index(node), int(after_ms * NS_PER_MS)
    firsts = []
    for rows in _rows_of(timeline, clients):
        served = (operations.outcome[rows] == h.OK) & (operations.node[rows] == number)
        times = operations.completed_ns[rows][served]
        firsts.append(times[times > after_ns].min(initial=never))
    first = min(firsts, default=never)
    return None if first == never else float(first) / NS_PER_MS


def _last_attempt_ms(timeline: Timeline, clients: tuple[str, ...]) -> float:
    intended = timeline.record.operations.intended_ns
    return max((float(intended[rows].max(initial=0)) for rows in _rows_of(timeline, clients)), default=0.0) / NS_PER_MS


def _rows_of(timeline: Timeline, clients: tuple[str, ...]) -> list[slice]:
    record = timeline.record
    return [record.operations.rows_of(record.client_number(client)) for client in clients]


def _marks(
    timeline: Timeline, change: Failover, fault: FaultSpan, end_ms: float | None
) -> tuple[dict[str, float], list[str]]:
    """The end of each phase, clamped to run forward, and the names of those that no event marks."""
    raw = _raw_marks(timeline, change, fault.start_ms)
    marks, missing = {"fault": fault.start_ms}, []
    at = fault.start_ms
    for name in PHASES[:-1]:
        mark = raw[name]
        if mark is None:
            missing.append(name)
        else:
            at = max(at, mark if end_ms is None else min(mark, end_ms))
        marks[name] = at
    if end_ms is not None:
        marks["reconnect"] = end_ms
    return marks, missing


def _raw_marks(timeline: Timeline, change: Failover, start_ms: float) -> dict[str, float | None]:
    window = [event for event in timeline.sentinel if event.t_ms >= start_ms]
    leader = _leader(timeline, change, window)
    promoted = _promoted_ms(timeline, change)
    until = max(change.first_ms, promoted)
    odowns = _times(window, "+odown", until, leader) or _times(window, "+odown", until)
    return {
        "detect": min(_times(window, "+sdown", until), default=None),
        "agree": max(odowns, default=None),
        "elect": max(_times(window, "+elected-leader", until, leader), default=None),
        "promote": promoted,
        "announce": announced_ms(timeline.record.plan, change, leader, window),
    }


def _times(window: list[SentinelEvent], name: str, until_ms: float, source: str = "") -> list[float]:
    return [
        event.t_ms
        for event in window
        if event.event == name and event.t_ms <= until_ms and is_about_primary(event) and source in ("", event.source)
    ]


def _leader(timeline: Timeline, change: Failover, window: list[SentinelEvent]) -> str:
    """The Sentinel that promoted the new primary, else the last one elected before the change, else empty."""
    for event in window:
        if event.event == "+promoted-slave" and promoted_node(timeline.record.placement, event) == change.new:
            return event.source
    elected = [event for event in window if event.event == "+elected-leader" and event.t_ms <= change.first_ms]
    return elected[-1].source if elected else ""


def _promoted_ms(timeline: Timeline, change: Failover) -> float:
    """Return the start of the reign that this change began."""
    number = timeline.failovers.index(change) + len(timeline.reigns) - len(timeline.failovers)
    return timeline.reigns[number].from_ms


def missing_failover(timeline: Timeline) -> Note:
    """Judge a missing failover: a violation only where the schedule was played and every fault bit."""
    if not timeline.schedule_played:
        return Note("inconclusive", "the trial ended before the planned failover happened")
    if timeline.faults and all(span.bit for span in timeline.faults):
        text = "the planned failover did not happen: no Sentinel announced a new primary"
        return Note("violated", f"{text}{_why_not(timeline)}")
    return Note("inconclusive", "no failover happened, but it is not proven that every fault bit")


def _why_not(timeline: Timeline) -> str:
    """The Sentinels' own reason: the event with which they gave up, or that too few of them considered the primary down."""
    aborts = Counter(event.event for event in timeline.sentinel if event.event.startswith(ABORT))
    if aborts:
        given = [f"{name} ({counted(number, 'time')})" for name, number in aborts.most_common()]
        return f", {listed(given)}"
    doubted = {event.source for event in timeline.sentinel if event.event == "+sdown" and is_about_primary(event)}
    agreed = any(event.event == "+odown" for event in timeline.sentinel)
    if doubted and not agreed:
        plan = timeline.record.plan
        return (
            f"; {len(doubted)} of {counted(len(plan.sentinels()), 'Sentinel')} considered the primary down (+sdown), and none saw the "
            f"quorum of {plan.quorum} agree (no +odown)"
        )
    return ""


def _other_failovers(timeline: Timeline, measured: Failover | None) -> list[str]:
    return [
        f"{'another' if measured else 'a'} failover, from {change.old} to {change.new}, was announced at {seconds(change.first_ms)}"
        for change in timeline.failovers
        if change is not measured
    ]


def _of_other_primaries(record: TrialRecord) -> list[str]:
    """Failovers of primaries that the trial is not about."""
    return [
        f"{master}, another monitored primary, failed over too, from {change.old} to {change.new} at {seconds(change.first_ms)}"
        for master, changes in failovers_elsewhere(record).items()
        for change in changes
    ]


def _troubles(timeline: Timeline) -> list[str]:
    """Aborted failovers, failed elections and TILT, a sentence each."""
    facts = []
    aborts: dict[str, list[SentinelEvent]] = {}
    for event in timeline.sentinel:
        name = event.event
        if name.startswith(ABORT):
            aborts.setdefault(name.removeprefix(ABORT), []).append(event)
    for why, events in aborts.items():
        facts.append(
            f"{counted(len(events), 'failover attempt')} aborted ({why}), the first at {seconds(events[0].t_ms)} by {events[0].source}"
        )
    tilts = [event for event in timeline.sentinel if event.event == "+tilt"]
    if tilts:
        sources = sorted({event.source for event in tilts})
        facts.append(f"{listed(sources)} entered TILT, first at {seconds(tilts[0].t_ms)}: they take no action for 30 s")
    return facts
