"""Guards of the configuration must refuse: one that lets through what it is there for is violated, with its line.

Most are tried by the lab (events ``guard``). ``min-replicas-to-write`` shows in the history: a primary that has been cut off from so many
replicas that too few are left accepts writes for ``min-replicas-max-lag`` at most, and a second more, in which it looks (redis.conf).
"""

import numpy as np

from jsquared.check.checker import Findings, Note
from jsquared.check.disturbance import held_against
from jsquared.check.fault_spans import FaultSpan
from jsquared.check.timeline import Timeline
from jsquared.clock import NS_PER_MS
from jsquared.records import history as h
from jsquared.records.event_types import GuardTried
from jsquared.records.plan import PlannedGuard
from jsquared.records.run_directory import TrialRecord
from jsquared.text import counted, seconds

LOOK_MS = 2_000.0
"""refreshGoodSlavesCount runs once a second, and the last word of a replica may have been under way."""


class Guards:
    """Nothing passes a guard of the configuration."""

    name = "guards"

    def check(self, record: TrialRecord) -> Findings:
        """Look at what was tried, and at what lonely primaries accepted."""
        findings = Findings()
        tried = record.of(GuardTried)
        for event in tried:
            if not event.refused:
                findings.violated(
                    f"{event.source} accepted {event.asked}, which '{event.directive}' must refuse: {event.answer}"
                )
        if tried:
            held = sum(event.refused for event in tried)
            findings.facts.append(
                f"{held:,} of {counted(len(tried), 'probe')} of the configuration's guards were refused"
            )
        timeline = Timeline.of(record)
        for guard in record.plan.guards:
            if guard.name == "min-replicas":
                _judge_lonely(timeline, guard, findings)
        return findings


def _judge_lonely(timeline: Timeline, guard: PlannedGuard, findings: Findings) -> None:
    """Writes that a node accepted long after too few replicas could reach it."""
    operations = timeline.record.operations
    accepted = (operations.outcome == h.OK) | (operations.error == h.ERROR_CODES["too few replicas acknowledged"])
    accepted &= operations.node == timeline.number_of(guard.node)
    for span in timeline.faults:
        from_ms = span.start_ms + 1000 * guard.lag_s + LOOK_MS
        until_ms = min(span.end_ms, span.healing_ms or span.end_ms)
        if from_ms >= until_ms or not _leaves_too_few(timeline, span, guard):
            continue
        late = (
            accepted & (operations.invoked_ns >= from_ms * NS_PER_MS) & (operations.completed_ns < until_ms * NS_PER_MS)
        )
        if number := int(np.count_nonzero(late)):
            text = (
                f"{guard.node} accepted {counted(number, 'write')} from {seconds(from_ms)} on, though {span.called} had left it too few "
                f"replicas since {seconds(span.start_ms)}, which '{guard.directive}' must refuse"
            )
            findings.notes.append(Note(held_against(timeline.record), text))


def _leaves_too_few(timeline: Timeline, span: FaultSpan, guard: PlannedGuard) -> bool:
    node = timeline.node(guard.node)
    if node is None or not span.bit:
        return False
    others = [other for other in timeline.data_nodes if other.name != guard.node]
    left = [other for other in others if not span.separates(node, other)]
    return bool(span.sides) and len(left) < guard.replicas
