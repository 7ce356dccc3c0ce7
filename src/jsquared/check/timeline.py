"""The course of a trial: load, faults, failovers, the reigns of primaries, and returning processes.

Built from events alone; every checker that needs more than one kind of event reads it from here.
"""

import bisect
import math
from dataclasses import dataclass
from typing import Self

from jsquared.check.failovers import Failover, concerns, failovers, promoted_node, sentinel_events
from jsquared.check.fault_spans import HANGING, FaultSpan, fault_spans
from jsquared.records.event_types import (
    AgreementChanged,
    DatasetRead,
    Phase,
    ProcessChanged,
    RoleChanged,
    SentinelEvent,
)
from jsquared.records.history import NO_NODE
from jsquared.records.placement import PlacedNode
from jsquared.records.run_directory import TrialRecord


@dataclass(frozen=True)
class Reign:
    """From when a node was the primary, by promotion or (the first) by plan."""

    node: str
    from_ms: float


@dataclass(frozen=True)
class Restart:
    """A process that went away and came back."""

    exited_ms: float
    started_ms: float


@dataclass(frozen=True)
class Timeline:
    """One trial, in order, of the primary that it is about. Times are milliseconds on the trial's clock."""

    record: TrialRecord
    faults: list[FaultSpan]
    sentinel: list[SentinelEvent]
    failovers: list[Failover]
    reigns: list[Reign]

    @classmethod
    def of(cls, record: TrialRecord) -> Self:
        """The timeline of a record, whole or cut short."""
        events = [event for event in sentinel_events(record) if concerns(record.plan, event)]
        changes = failovers(record.placement, events)
        return cls(record, fault_spans(record), events, changes, _reigns(record, events, changes))

    def phase_ms(self, *names: str) -> float | None:
        """Return the start of the first of these phases, None if none was entered."""
        times = [event.t_ms for event in self.record.of(Phase) if event.phase in names]
        return min(times, default=None)

    @property
    def complete(self) -> bool:
        """True if the trial ran to its end."""
        return self.phase_ms("done") is not None

    @property
    def schedule_played(self) -> bool:
        """True if every fault of the schedule had its time, so that anything still missing did not happen."""
        return self.phase_ms("settle") is not None

    @property
    def end_ms(self) -> float:
        """The time of the last event."""
        return self.record.events[-1].t_ms if self.record.events else 0.0

    @property
    def last_healing_ms(self) -> float | None:
        """Return the start of the last heal, None if nothing was healed."""
        return max((span.healing_ms for span in self.faults if span.healing_ms is not None), default=None)

    @property
    def final_primary(self) -> str:
        """The node that the read-back took as primary, else the Sentinels' last agreement, else empty."""
        for read in reversed(self.record.of(DatasetRead)):
            if read.primary:
                return read.source
        for agreement in reversed(self.record.of(AgreementChanged)):
            if agreement.primary:
                return agreement.primary
        return ""

    def node(self, name: str) -> PlacedNode | None:
        """The node of that name, None for one that is not planned."""
        return next((node for node in self.record.placement.nodes if node.name == name), None)

    @property
    def data_nodes(self) -> list[PlacedNode]:
        """The data nodes of the primary that the trial is about."""
        return [self.record.placement.node(node.name) for node in self.record.plan.data_nodes()]

    def number_of(self, name: str) -> int:
        """The number that the history uses for a data node, NO_NODE for one that is not planned."""
        names = [node.name for node in self.record.plan.data_nodes()]
        return names.index(name) if name in names else NO_NODE

    def restarts(self, name: str) -> list[Restart]:
        """Every time that the node's process went away and came back."""
        found, exited = [], None
        for event in self.record.of(ProcessChanged):
            if event.source != name:
                continue
            if event.state == "exited":
                exited = event.t_ms
            elif event.state == "started" and exited is not None:
                found.append(Restart(exited, event.t_ms))
                exited = None
        return found

    def touched(self, name: str) -> bool:
        """True if a fault was about the node or its host, if its process came back, or if it is not in the plan at all."""
        node = self.node(name)
        if node is None or self.restarts(name):
            return True
        return any({name, node.host} & set(span.targets) for span in self.faults)

    def was_primary_between(self, name: str, from_ms: float, until_ms: float) -> bool:
        """True if the node called itself the primary in that time."""
        return any(
            event.source == name and event.role == "primary" and from_ms <= event.t_ms < until_ms
            for event in self.record.of(RoleChanged)
        )

    def link_down_since(self, name: str, at_ms: float) -> float | None:
        """Since when the replica's link to its primary had been down at that moment, None when it was up or unknown."""
        since: float | None = None
        for event in self.record.of(RoleChanged):
            if event.t_ms >= at_ms:
                break
            if event.source == name:
                down = event.role == "replica" and event.link == "down"
                since = (event.t_ms if since is None else since) if down else None
        return since

    def pause_over(self, name: str, at_ms: float) -> FaultSpan | None:
        """The fault that had a node hung at that moment."""
        node = self.node(name)
        for span in self.faults:
            if node and span.name in HANGING and span.stops(node) and span.start_ms <= at_ms <= span.end_ms:
                return span
        return None

    def leading_fault(self, change: Failover) -> FaultSpan | None:
        """The fault that led to a failover.

        Of those that stop the old primary or hide it from Sentinels, the earliest still in effect when the Sentinels agreed that
        it was down; else the latest of them; else the latest fault of any kind that began before the change.
        """
        before = [span for span in self.faults if span.start_ms <= change.first_ms]
        old = self.node(change.old)
        able = [] if old is None else [span for span in before if self._takes_away(span, old)]
        noticed = self._noticed_ms(change, able)
        active = [span for span in able if span.start_ms <= noticed <= span.end_ms]
        if active:
            return min(active, key=lambda span: span.start_ms)
        return max(able or before, key=lambda span: span.start_ms, default=None)

    def _takes_away(self, span: FaultSpan, node: PlacedNode) -> bool:
        return span.stops(node) or span.blinds(node, self.record.plan.sentinels())

    def _noticed_ms(self, change: Failover, able: list[FaultSpan]) -> float:
        """Return the time of the last +odown of the primary before the change, or of the change itself where none was seen."""
        first = min((span.start_ms for span in able), default=-math.inf)
        seen = [
            event.t_ms for event in self.sentinel if event.event == "+odown" and first <= event.t_ms <= change.first_ms
        ]
        return max(seen, default=change.first_ms)


def _reigns(record: TrialRecord, events: list[SentinelEvent], changes: list[Failover]) -> list[Reign]:
    said: dict[str, list[float]] = {}
    for word in record.of(RoleChanged):
        if word.role == "primary":
            said.setdefault(word.source, []).append(word.t_ms)
    promoted: dict[str, list[float]] = {}
    for event in events:
        if event.event == "+promoted-slave":
            promoted.setdefault(promoted_node(record.placement, event), []).append(event.t_ms)
    reigns = [Reign(node.name, -math.inf) for node in record.plan.data_nodes() if node.initial_primary][:1]
    for change in changes:
        after = reigns[-1].from_ms if reigns else -math.inf
        # When the node really became primary: by its own word or +promoted-slave, whichever came first.
        told = [_last_between(times.get(change.new, []), after, change.first_ms) for times in (said, promoted)]
        reigns.append(Reign(change.new, min(at for at in (*told, change.first_ms) if at is not None)))
    return reigns


def _last_between(times_ms: list[float], after_ms: float, until_ms: float) -> float | None:
    """The last of these sorted times that lies after one moment and not after another."""
    index = bisect.bisect_right(times_ms, until_ms) - 1
    return times_ms[index] if index >= 0 and times_ms[index] > after_ms else None
