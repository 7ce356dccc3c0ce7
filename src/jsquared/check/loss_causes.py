"""Causes of lost acknowledged writes: from the node and moment of acknowledgement, the faults, and the reigns of primaries.

A write is followed along the reigns. It was acknowledged by a node that was the primary (or no longer was), and at the next change of
primary it either reached the promoted node or not; if it did, the same question is asked of the next change. Causes, in the order in
which they are tried at each change:

- *paused primary*: acknowledged after another node's promotion by a primary that had been hung at that moment and woke
- *split brain*: acknowledged after another node's promotion, or before it while cut off from the node promoted
- *flush*: somebody told the primary to delete every key
- *empty restart*, *rolled-back restart*: the primary came back in place with nothing, or with an older state, and went on as primary;
  or the node promoted had restarted with nothing
- *replication cut*: acknowledged while replication (and only it) to the node promoted was cut
- *broken confirmation*: as many replicas had confirmed it as make a majority, and it stands on no node, though no data node was cut off,
  restarted or preferred: the engine's word is at fault, not the level of acknowledgement
- *stale promotion*: a replica had confirmed it (WAIT) or still has it, but one without it was promoted
- *asynchronous tail*: acknowledged shortly before the primary stopped, was cut off or was replaced, or while the link of the node promoted
  was down; no replica had confirmed it
- *unexplained*: none of these; the sentence says what is known
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jsquared.check.confirmations import may_vanish
from jsquared.check.fault_spans import FaultSpan
from jsquared.check.timeline import Restart, Timeline
from jsquared.clock import NS_PER_MS
from jsquared.records import history as h
from jsquared.records.operations import NEVER
from jsquared.text import duration, seconds

TAIL_MS = 5000.0
"""How long before its end a primary's unreplicated writes still count as its tail: a lag beyond it needs a reason of its own."""

FLUSH = "flush-all"
"""The fault that deletes every key."""

_ENDINGS = {"kill": "crashed", "pause": "hung", "cut": "was cut off", "failing-bgsave": "refused writes"}
_ENDINGS |= dict.fromkeys(("busy-script", "slow-command"), "was kept busy")
_ENDINGS |= {
    "restart-with-delay": "crashed",
    "new-address": "crashed",
    "upgrade": "was shut down",
    "change-password": "locked everyone out",
    "rotate-passwords": "locked everyone out",
    "replace-certificate": "was trusted by no one",
}

Times = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Cause:
    """A cause with the fault behind it and the rest of the sentence that begins with ``acknowledged by NODE``."""

    name: str
    fault: str
    clause: str


@dataclass(frozen=True)
class Batch:
    """Lost writes of one client acknowledged by one node: row numbers, and when each was acknowledged in ms."""

    node: str
    rows: NDArray[np.intp]
    at_ms: Times


Found = tuple[Cause, NDArray[np.intp]]


class Tracer:
    """Follows lost writes along the reigns until a change of primary explains each."""

    def __init__(self, timeline: Timeline, found: NDArray[np.uint8]) -> None:
        self.timeline = timeline
        self.found = found
        self.operations = timeline.record.operations

    def causes(self, batch: Batch) -> Iterator[Found]:
        """All rows of the batch, each once, with its cause."""
        starts = [reign.from_ms for reign in self.timeline.reigns]
        numbers = np.searchsorted(starts, batch.at_ms, side="right") - 1
        for number in np.unique(numbers):
            part = self._where(batch, numbers == number)
            if number >= 0 and self.timeline.reigns[number].node == batch.node:
                yield from self._within_reign(part, int(number))
            else:
                yield self._after_promotion(part, int(number)), part.rows

    @staticmethod
    def _where(batch: Batch, mask: Mask) -> Batch:
        return Batch(batch.node, batch.rows[mask], batch.at_ms[mask])

    def _after_promotion(self, batch: Batch, number: int) -> Cause:
        """Acknowledged by a node that was not, or no longer, the primary."""
        if number < 0:
            return Cause("unexplained", "", f"at {seconds(batch.at_ms[0])}, when no primary is recorded")
        reigns = self.timeline.reigns
        last = max((n for n in range(number) if reigns[n].node == batch.node), default=number - 1)
        usurper = reigns[last + 1]
        fault = self._fault_of(last + 1)
        pause = self.timeline.pause_over(batch.node, usurper.from_ms)
        if pause and pause.end_ms <= batch.at_ms.max() + TAIL_MS:
            return Cause(
                "paused primary",
                pause.id,
                f"after {pause.id} had hung it since {seconds(pause.start_ms)} and it had resumed: "
                f"{usurper.node} had been promoted at {seconds(usurper.from_ms)}",
            )
        because = f", following the fault {fault.called} at {seconds(fault.start_ms)}" if fault else ""
        return Cause(
            "split brain",
            fault.id if fault else "",
            f"after {usurper.node} had been promoted at {seconds(usurper.from_ms)}{because}",
        )

    def _within_reign(self, batch: Batch, number: int) -> Iterator[Found]:
        """Acknowledged (or held) by the primary of that reign: see what its end explains, and pass on the rest."""
        for step in (
            self._flushed,
            self._restarted,
            self._wiped,
            self._cut_off,
            self._confirmed,
            self._stale,
            self._tail,
        ):
            cause, mask = step(batch, number)
            if cause and mask.any():
                yield cause, batch.rows[mask]
                batch = self._where(batch, ~mask)
            if not len(batch.rows):
                return
        yield from self._passed_on(batch, number)

    def _last_survivor_ms(self, node: str, number: int, until_ms: float) -> float:
        """Return the time at which the last surviving write of a reign was sent, of those acknowledged before a moment.

        Replication streams and append-only files are prefixes of what the primary did. So a write that was acknowledged before a survivor
        was even sent cannot be missing because the stream or file ended too early.
        """
        operations = self.operations
        mask = (
            (operations.outcome == h.OK)
            & (operations.node == self.timeline.number_of(node))
            & (self.found == h.PRESENT)
        )
        mask &= operations.completed_ns >= max(self.timeline.reigns[number].from_ms, 0.0) * NS_PER_MS
        mask &= operations.completed_ns < until_ms * NS_PER_MS
        return float(operations.invoked_ns[mask].max(initial=NEVER)) / NS_PER_MS

    def _not_outlived(self, batch: Batch, number: int) -> Mask:
        """The rows that no later write of the same reign outlived."""
        return batch.at_ms >= self._last_survivor_ms(batch.node, number, self._end_of(number))

    def _passed_on(self, batch: Batch, number: int) -> Iterator[Found]:
        reigns = self.timeline.reigns
        if number + 1 >= len(reigns):
            known = f"while it was the primary (since {seconds(max(reigns[number].from_ms, 0.0))})"
            yield (
                Cause("unexplained", "", f"{known}; no recorded fault, restart or promotion explains the loss"),
                batch.rows,
            )
            return
        heir = reigns[number + 1]
        inherited = Batch(heir.node, batch.rows, np.full(len(batch.rows), heir.from_ms))
        for cause, rows in self._within_reign(inherited, number + 1):
            clause = f"before {heir.node} was promoted at {seconds(heir.from_ms)}; lost later, {cause.clause}"
            if cause.name == "unexplained":
                clause = f"long before {heir.node} was promoted at {seconds(heir.from_ms)}; nothing recorded explains the loss"
            yield Cause(cause.name, cause.fault, clause), rows

    @staticmethod
    def _none(batch: Batch) -> tuple[Cause | None, Mask]:
        return None, np.zeros(len(batch.rows), dtype=np.bool_)

    def _end_of(self, number: int) -> float:
        reigns = self.timeline.reigns
        return reigns[number + 1].from_ms if number + 1 < len(reigns) else math.inf

    def _fault_of(self, reign: int) -> FaultSpan | None:
        """The fault that led to a reign's beginning (reign 0 is the planned one)."""
        changes = self.timeline.failovers
        index = reign - (len(self.timeline.reigns) - len(changes))
        return self.timeline.leading_fault(changes[index]) if 0 <= index < len(changes) else None

    # --- What can explain the end of a reign, or a loss within it; each answers with a cause and the rows that it covers.

    def _flushed(self, batch: Batch, number: int) -> tuple[Cause | None, Mask]:
        """The primary was told to delete every key."""
        until = self._end_of(number)
        for span in self.timeline.faults:
            if span.name == FLUSH and batch.node in span.targets and span.start_ms < until:
                done_ms = span.start_ms if span.proven_ms is None else span.proven_ms
                clause = (
                    f"before FLUSHALL deleted every key there at {seconds(span.start_ms)}; the replicas did the same"
                )
                return Cause("flush", span.id, clause), batch.at_ms <= done_ms
        return self._none(batch)

    def _restarted(self, batch: Batch, number: int) -> tuple[Cause | None, Mask]:
        """The primary came back in place and went on as primary."""
        until = self._end_of(number)
        for restart in self.timeline.restarts(batch.node):
            mask = batch.at_ms < restart.started_ms
            mask &= batch.at_ms >= self._last_survivor_ms(batch.node, number, restart.exited_ms)
            if restart.started_ms < until and mask.any() and self._went_on(batch.node, restart, until):
                return self._restart_cause(batch.node, restart), mask
        return self._none(batch)

    def _went_on(self, node: str, restart: Restart, until_ms: float) -> bool:
        """True if the restarted node served as primary before another one was promoted."""
        operations = self.operations
        served = (
            (operations.outcome == h.OK)
            & (operations.node == self.timeline.number_of(node))
            & (operations.completed_ns >= restart.started_ms * NS_PER_MS)
        )
        if math.isfinite(until_ms):
            served &= operations.completed_ns < until_ms * NS_PER_MS
            return bool(served.any())
        return bool(served.any()) or self.timeline.was_primary_between(node, restart.started_ms, until_ms)

    def _restart_cause(self, who: str, restart: Restart) -> Cause:
        fault = self._fault_at(who, restart.exited_ms)
        by = f" by the fault {fault.called}" if fault else ""
        if self._nothing_survived(restart.exited_ms):
            clause = f"and wiped: {who} was restarted{by} at {seconds(restart.started_ms)} with an empty data set, which the others copied"
            return Cause("empty restart", fault.id if fault else "", clause)
        clause = f"before it was restarted{by} at {seconds(restart.started_ms)} with an older state than the one it had acknowledged"
        return Cause("rolled-back restart", fault.id if fault else "", clause)

    def _fault_at(self, node: str, at_ms: float) -> FaultSpan | None:
        planned = self.timeline.node(node)
        able = [s for s in self.timeline.faults if planned and s.stops(planned) and s.start_ms <= at_ms]
        return max(able, key=lambda span: span.start_ms, default=None)

    def _nothing_survived(self, before_ms: float) -> bool:
        """True if the final primary holds no acknowledged write from before that moment."""
        operations = self.operations
        earlier = (operations.outcome == h.OK) & (operations.completed_ns < before_ms * NS_PER_MS)
        return not bool((earlier & (self.found == h.PRESENT)).any())

    def _cut_off(self, batch: Batch, number: int) -> tuple[Cause | None, Mask]:
        """Acknowledged while cut off from the node promoted next."""
        span = self._cut(batch.node, number)
        if span is None:
            return self._none(batch)
        heir = self.timeline.reigns[number + 1]
        mask = (batch.at_ms >= span.start_ms) & (batch.at_ms <= span.end_ms) & self._not_outlived(batch, number)
        when = f"before {heir.node} was promoted at {seconds(heir.from_ms)}, while {span.id} had cut"
        if span.links == "replication":
            clause = f"{when} its replication to that node since {seconds(span.start_ms)}"
            return Cause("replication cut", span.id, clause), mask
        return Cause("split brain", span.id, f"{when} it off from that node since {seconds(span.start_ms)}"), mask

    def _cut(self, node: str, number: int) -> FaultSpan | None:
        """The last cut between a reign's primary and the next one that began before the change."""
        reigns, timeline = self.timeline.reigns, self.timeline
        if number + 1 >= len(reigns):
            return None
        one, other = timeline.node(node), timeline.node(reigns[number + 1].node)
        if one is None or other is None:
            return None
        until = self._end_of(number)
        cuts = [span for span in timeline.faults if span.start_ms < until and span.separates(one, other)]
        return max(cuts, key=lambda span: span.start_ms, default=None)

    def _wiped(self, batch: Batch, number: int) -> tuple[Cause | None, Mask]:
        """A node promoted later had restarted with nothing, before or during its reign."""
        reigns = self.timeline.reigns
        for later in range(number + 1, len(reigns)):
            for restart in self.timeline.restarts(reigns[later].node):
                mask = batch.at_ms < restart.started_ms
                within = restart.started_ms < self._end_of(later)
                if within and mask.any() and self._nothing_survived(restart.exited_ms):
                    return self._restart_cause(reigns[later].node, restart), mask
        return self._none(batch)

    def _confirmed(self, batch: Batch, number: int) -> tuple[Cause | None, Mask]:
        """Confirmed by a majority, and on no node, with nothing that could have taken it away.

        Every crash of one node leaves a node that has such a write, and Sentinel promotes the replica that has most (sentinel.c,
        sentinelSelectSlave), so what confirmed it had not got it, or what was promoted was not the one that had most.
        """
        until = self._end_of(number)
        if not math.isfinite(until) or may_vanish(self.timeline, until):
            return self._none(batch)
        majority = len(self.timeline.record.plan.data_nodes()) // 2
        mask = self.operations.replicas[batch.rows] >= max(majority, 1)
        for found in self.operations.found.values():
            mask &= found[batch.rows] == h.ABSENT
        heir = self.timeline.reigns[number + 1].node
        clause = (
            f"and confirmed by a majority of the data nodes, but no node holds it: {heir}, promoted at {seconds(until)}, lacked it, and "
            "nothing was cut, restarted or preferred; the engine confirmed what it did not have, or promoted a replica that had less "
            "(the acknowledgement level is not to blame)"
        )
        fault = self._fault_of(number + 1)
        return Cause("broken confirmation", fault.id if fault else "", clause), mask

    def _stale(self, batch: Batch, number: int) -> tuple[Cause | None, Mask]:
        """A replica had it, but the node promoted did not."""
        until = self._end_of(number)
        if not math.isfinite(until):
            return self._none(batch)
        heir = self.timeline.reigns[number + 1].node
        confirmed = self.operations.replicas[batch.rows] > 0
        elsewhere = np.zeros(len(batch.rows), dtype=np.bool_)
        for node, found in self.operations.found.items():
            if node not in (batch.node, heir):
                elsewhere |= found[batch.rows] == h.PRESENT
        clause = f"and by a replica, but {heir}, which lacked it, was promoted at {seconds(until)}"
        fault = self._fault_of(number + 1)
        return Cause("stale promotion", fault.id if fault else "", clause), (
            confirmed | elsewhere
        ) & self._not_outlived(batch, number)

    def _tail(self, batch: Batch, number: int) -> tuple[Cause | None, Mask]:
        """Acknowledged shortly before the reign's primary stopped, was cut off or was replaced."""
        until = self._end_of(number)
        if not math.isfinite(until):
            return self._none(batch)
        heir = self.timeline.reigns[number + 1].node
        ended, what, fault = self._ending(batch.node, number)
        down_since = self.timeline.link_down_since(heir, ended)
        last = float(np.max(ended - batch.at_ms))
        how = f"at most {duration(max(last, 0.0))} before {what} and not yet replicated to {heir}, promoted at {seconds(until)}"
        near = np.abs(ended - batch.at_ms) <= TAIL_MS
        if down_since is not None and down_since < ended - TAIL_MS:
            how = f"while {heir}, promoted at {seconds(until)}, had had no replication link since {seconds(down_since)}"
            near |= batch.at_ms >= down_since
        return Cause("asynchronous tail", fault, how), near & self._not_outlived(batch, number)

    def _ending(self, node: str, number: int) -> tuple[float, str, str]:
        """Return the end of a reign: its time, a description, and the fault's id."""
        until = self._end_of(number)
        planned = self.timeline.node(node)
        cut = self._cut(node, number)
        spans = [s for s in self.timeline.faults if planned and s.start_ms <= until and (s.stops(planned) or s is cut)]
        if not spans:
            return until, "its replacement", ""
        span = max(spans, key=lambda one: one.start_ms)
        verb = _ENDINGS.get(span.name, "was restarted")
        return span.start_ms, f"it {verb} ({span.id} at {seconds(span.start_ms)})", span.id
