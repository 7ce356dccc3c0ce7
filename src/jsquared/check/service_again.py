"""Service as usual: nothing is refused before anything is broken, nor once everything has healed, and it is as quick as it was.

The load goes on at the same rate after the deployment has converged; that is the burst which shows its capacity.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jsquared.check.checker import Findings, Note
from jsquared.check.disturbance import held_against
from jsquared.check.timeline import Timeline
from jsquared.clock import NS_PER_MS
from jsquared.records import history as h
from jsquared.records.event_types import Converged
from jsquared.records.run_directory import TrialRecord
from jsquared.text import counted, listed, seconds

LEAST_WRITES = 100
"""Fewer say nothing about a share or a percentile."""
REFUSED_SHARE = 0.01
"""So many of the writes may be refused or unanswered while nothing is broken."""
SLOWER_TIMES = 10
"""A median or 99th percentile after the heal may be so many times as long as before the faults …"""
SLOWER_MS = {50: 50.0, 99: 250.0}
"""… and is never held against the deployment below so much more: an empty data set answers in a fraction of a millisecond."""
PAUSE_MS = 700.0
"""One pause so long is held against nobody in each of the two times: TCP repeats a lost packet after 0.2 s and once more after 0.4 s
(RFC 6298, with Linux' least wait), and a wait for replicas ends after half a second. Longer ones are outages, which are judged as such."""
LEAST_REST = 20
"""Fewer writes outside such a pause say nothing either."""
MARGIN_MS = 100.0
"""What is intended so shortly before a change may be answered after it."""

REPEATS_MS = 5_000.0
"""TCP repeats a lost packet after ever longer waits (RFC 6298): connections may stand still for seconds after links lose none any more."""
_LOSE_PACKETS = frozenset({"loss", "bandwidth", "delay", "duplicate", "cut"})
"""Faults after which that is waited for."""


@dataclass(frozen=True)
class Calm:
    """A time in which nothing was broken, and what was intended in it."""

    when: str
    rows: NDArray[np.intp]


class ServiceAgain:
    """Writes are acknowledged before the first fault and after the last heal, equally quickly."""

    name = "service as usual"

    def check(self, record: TrialRecord) -> Findings:
        """Compare the two calm times of the trial."""
        findings = Findings()
        before, after = _before(record), _after(record)
        for calm in (before, after):
            if calm is not None:
                _judge_refusals(record, calm, findings)
        if before is not None and after is not None:
            _judge_latency(record, before, after, findings)
        return findings


def _before(record: TrialRecord) -> Calm | None:
    timeline = Timeline.of(record)
    begin_ms, fault_ms = timeline.phase_ms("load"), min((span.start_ms for span in timeline.faults), default=None)
    if begin_ms is None or fault_ms is None:
        return None
    return _calm(record, begin_ms, fault_ms - MARGIN_MS, "before anything was broken")


def _after(record: TrialRecord) -> Calm | None:
    timeline = Timeline.of(record)
    end_ms = timeline.phase_ms("load-end")
    settled = [event.t_ms for event in record.of(Converged) if event.stage == "settle" and event.ok]
    if not settled or end_ms is None:
        return None
    repeated_ms = [span.end_ms + REPEATS_MS for span in timeline.faults if span.name in _LOSE_PACKETS]
    from_ms = max([settled[-1], *repeated_ms])
    return _calm(record, from_ms, end_ms - MARGIN_MS, f"after everything had healed, from {seconds(from_ms)} on")


def _calm(record: TrialRecord, from_ms: float, until_ms: float, when: str) -> Calm | None:
    intended_ms = record.operations.intended_ns / NS_PER_MS
    rows = np.flatnonzero((intended_ms >= from_ms) & (intended_ms < until_ms))
    return Calm(when, rows) if len(rows) >= LEAST_WRITES else None


def _judge_refusals(record: TrialRecord, calm: Calm, findings: Findings) -> None:
    operations = record.operations
    rows = _outside_one_pause(record, calm.rows, operations.outcome[calm.rows] != h.OK)
    refused = rows[operations.outcome[rows] != h.OK]
    if len(rows) < LEAST_REST or len(refused) <= REFUSED_SHARE * len(rows):
        return
    words = Counter(h.ERROR_NAMES[code] or "no answer" for code in operations.error[refused])
    why = listed([f"{name} {count:,} times" for name, count in words.most_common(3)])
    text = f"{len(refused):,} of {counted(len(rows), 'write')} were refused or not answered {calm.when} ({why})"
    findings.notes.append(Note(held_against(record), text))


def _outside_one_pause(record: TrialRecord, rows: NDArray[np.intp], troubled: NDArray[np.bool_]) -> NDArray[np.intp]:
    """The rows without those of the pause that holds most of the troubled ones; the first such pause where several do."""
    intended_ms = record.operations.intended_ns[rows] / NS_PER_MS
    begins_ms = np.sort(intended_ms[troubled])
    if not len(begins_ms):
        return rows
    held = np.searchsorted(begins_ms, begins_ms + PAUSE_MS) - np.arange(len(begins_ms))
    from_ms = begins_ms[np.argmax(held)]
    outside: NDArray[np.intp] = rows[(intended_ms < from_ms) | (intended_ms >= from_ms + PAUSE_MS)]
    return outside


def _judge_latency(record: TrialRecord, before: Calm, after: Calm, findings: Findings) -> None:
    slower = []
    before_ms, after_ms = _latencies_ms(record, before.rows), _latencies_ms(record, after.rows)
    for percentile, tolerated_ms in SLOWER_MS.items():
        was_ms = _percentile(before_ms, percentile)
        limit_ms = max(SLOWER_TIMES * was_ms, was_ms + tolerated_ms)
        rest = _outside_one_pause(record, after.rows, after_ms > limit_ms)
        is_ms = _percentile(_latencies_ms(record, rest), percentile)
        if len(rest) >= LEAST_REST and is_ms > limit_ms:
            slower.append(f"p{percentile} {is_ms:,.1f} ms instead of {was_ms:,.1f} ms")
    if slower:
        text = f"writes are slower {after.when} than before: {listed(slower)}"
        findings.notes.append(Note(held_against(record), text))


def _latencies_ms(record: TrialRecord, rows: NDArray[np.intp]) -> NDArray[np.float64]:
    """From when each write was due until it was acknowledged, in ms; minus infinity where it was not."""
    operations = record.operations
    taken_ms = (operations.completed_ns[rows] - operations.intended_ns[rows]) / NS_PER_MS
    return np.where(operations.outcome[rows] == h.OK, taken_ms, -np.inf)


def _percentile(latencies_ms: NDArray[np.float64], percentile: int) -> float:
    """Of those that were acknowledged; 0 where none was."""
    acknowledged = latencies_ms[latencies_ms > -np.inf]
    return float(np.percentile(acknowledged, percentile)) if len(acknowledged) else 0.0
