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
    refused = calm.rows[operations.outcome[calm.rows] != h.OK]
    if len(refused) <= REFUSED_SHARE * len(calm.rows):
        return
    words = Counter(h.ERROR_NAMES[code] or "no answer" for code in operations.error[refused])
    why = listed([f"{name} {count:,} times" for name, count in words.most_common(3)])
    text = f"{len(refused):,} of {counted(len(calm.rows), 'write')} were refused or not answered {calm.when} ({why})"
    findings.notes.append(Note(held_against(record), text))


def _judge_latency(record: TrialRecord, before: Calm, after: Calm, findings: Findings) -> None:
    slower = []
    for percentile, tolerated_ms in SLOWER_MS.items():
        was_ms, is_ms = (_percentile_ms(record, calm, percentile) for calm in (before, after))
        if is_ms > max(SLOWER_TIMES * was_ms, was_ms + tolerated_ms):
            slower.append(f"p{percentile} {is_ms:,.1f} ms instead of {was_ms:,.1f} ms")
    if slower:
        text = f"writes are slower {after.when} than before: {listed(slower)}"
        findings.notes.append(Note(held_against(record), text))


def _percentile_ms(record: TrialRecord, calm: Calm, percentile: int) -> float:
    operations = record.operations
    rows = calm.rows[operations.outcome[calm.rows] == h.OK]
    if not len(rows):
        return 0.0
    return float(np.percentile(operations.completed_ns[rows] - operations.intended_ns[rows], percentile)) / NS_PER_MS
