"""Lost acknowledged writes, and the fate of all others: every slot of the history against the final read-back.

An acknowledged write is *lost* when the final primary does not have it or has another value under its key. Where the read-back is
missing or has holes, nothing is called zero: ``lost`` stays None unless a loss is proven by what was read.

A write that failed for certain but is present breaks no promise of Redis, since no one was told that it had been stored. It shows that
our reading of a server's reply ("certainly not applied") is wrong, and with that every count of this trial is in doubt: inconclusive.
The same goes for a value that no one wrote under a key of which we are the only writer.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jsquared.check.checker import Findings, crash_text
from jsquared.check.loss_groups import explain_losses
from jsquared.check.timeline import Timeline
from jsquared.records import history as h
from jsquared.records.operations import Operations
from jsquared.records.run_directory import TrialRecord
from jsquared.records.verdict import Writes
from jsquared.text import counted

_OUTCOMES = len(h.OUTCOME_NAMES)
_FOUND = 4
_BATCH = 1 << 18
"""Rows tallied at once: small enough to stay in the processor's cache."""


@dataclass(frozen=True)
class Tally:
    """The number of operations by outcome (row) and by their state at the end (column)."""

    counts: NDArray[np.int64]

    def of(self, outcome: int, *found: int) -> int:
        """Operations of an outcome, all of them or those found so."""
        row = self.counts[outcome]
        return int(row[list(found)].sum() if found else row.sum())


def tally(outcome: NDArray[np.uint8], found: NDArray[np.uint8]) -> Tally:
    """Count all combinations in one pass over the two columns."""
    total = np.zeros(_OUTCOMES * _FOUND, dtype=np.int64)
    for start in range(0, len(outcome), _BATCH):
        batch = slice(start, start + _BATCH)
        total += np.bincount(outcome[batch] * np.uint8(_FOUND) + found[batch], minlength=len(total))
    return Tally(total.reshape(_OUTCOMES, _FOUND))


def lost_rows(operations: Operations, found: NDArray[np.uint8]) -> NDArray[np.intp]:
    """The rows of acknowledged writes that were read back and are absent or different."""
    return np.flatnonzero((operations.outcome == h.OK) & ((found == h.ABSENT) | (found == h.DIFFERENT)))


class LostWrites:
    """Acknowledged writes lost, with the cause of each; unknown that survived; failed but present."""

    name = "lost writes"

    def check(self, record: TrialRecord) -> Findings:
        """Compare the history with the read-back of the final primary."""
        findings = Findings()
        timeline = Timeline.of(record)
        operations = record.operations
        primary = timeline.final_primary
        found = operations.found.get(primary)
        read = found is not None
        counts = tally(operations.outcome, np.zeros(len(operations), np.uint8) if found is None else found)
        findings.writes = _writes(counts, read=read)
        if found is None:
            findings.inconclusive(_why_not_read(primary))
            return findings
        self._judge_holes(counts, primary, findings)
        self._judge_instrument(counts, findings)
        if findings.writes.lost:
            _explain(timeline, found, findings)
        return findings

    def _judge_holes(self, counts: Tally, primary: str, findings: Findings) -> None:
        holes = counts.of(h.OK, h.NOT_READ)
        if holes:
            findings.inconclusive(f"{counted(holes, 'acknowledged write')} could not be read back from {primary}")

    def _judge_instrument(self, counts: Tally, findings: Findings) -> None:
        present = counts.of(h.FAIL, h.PRESENT)
        if present:
            findings.inconclusive(
                f"{counted(present, 'write')} that had certainly failed {'is' if present == 1 else 'are'} present: "
                "a server's refusal was misread, so no count of this trial can be trusted"
            )
        foreign = int(counts.counts[:, h.DIFFERENT].sum())
        if foreign:
            findings.inconclusive(
                f"{counted(foreign, 'key')} {'holds' if foreign == 1 else 'hold'} a value that no client wrote"
            )


def _writes(counts: Tally, *, read: bool) -> Writes:
    lost = counts.of(h.OK, h.ABSENT, h.DIFFERENT)
    whole = read and not counts.of(h.OK, h.NOT_READ)
    return Writes(
        attempted=int(counts.counts[1:].sum()),
        acknowledged=counts.of(h.OK),
        lost=lost if lost or whole else None,
        unknown=counts.of(h.UNKNOWN),
        unknown_survived=counts.of(h.UNKNOWN, h.PRESENT) if read else None,
        failed_but_present=counts.of(h.FAIL, h.PRESENT) if read else None,
    )


def _explain(timeline: Timeline, found: NDArray[np.uint8], findings: Findings) -> None:
    """Name the causes; a loss stays proven even where explaining it crashes."""
    try:
        findings.losses = explain_losses(timeline, lost_rows(timeline.record.operations, found), found)
    except Exception as problem:  # noqa: BLE001, RUF100 -- the count must survive it
        findings.inconclusive(crash_text("causes of lost writes", problem))


def _why_not_read(primary: str) -> str:
    if primary:
        return f"the final primary {primary} was never read back, so it is unknown what was lost"
    return "no final primary is known, so it is unknown what was lost"
