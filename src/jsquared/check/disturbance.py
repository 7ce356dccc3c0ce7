"""Stalls of the machine, and servers that wait for a processor: a time that seems to be Redis' may be the machine's.

Only what was felt from the beginning of the load on counts; objectives allow a violation for it (``objectives.py``).
"""

from collections import Counter
from typing import TypeVar

from jsquared.check.checker import Findings
from jsquared.check.timeline import Timeline
from jsquared.records.event_types import Disturbed, Starved
from jsquared.records.run_directory import TrialRecord
from jsquared.records.verdict import Outcome
from jsquared.text import duration, seconds

TOLERATED_MS = 500.0
"""A machine may stall for so long at once before a trial proves nothing."""
STARVED_FROM_MS = 1_000.0
"""Servers may be kept waiting for a processor for so long altogether; the machine is then too busy to hold anything against them."""
Wait = TypeVar("Wait", Disturbed, Starved)


class Disturbance:
    """The machine did not stall for long, and had processors for all."""

    name = "disturbance"

    def check(self, record: TrialRecord) -> Findings:
        """Note the longest stall where it was too long, and how long all such stalls were together."""
        findings = Findings()
        felt = disturbances(record)
        stalls = [event for event in felt if _length(event) > TOLERATED_MS]
        findings.stall_ms = sum(_length(event) for event in stalls)
        findings.short_stalls_ms = sum(_length(event) for event in felt) - findings.stall_ms
        _note_starved(record, findings)
        if stalls:
            longest = max(stalls, key=_length)
            more = f" ({duration(findings.stall_ms)} in all)" if len(stalls) > 1 else ""
            findings.inconclusive(
                f"the machine itself stalled for {duration(_length(longest))} at {seconds(longest.t_ms)}{more}: "
                "its times are not Redis' alone"
            )
        return findings


def _note_starved(record: TrialRecord, findings: Findings) -> None:
    """Add up the half seconds in which some server was kept waiting, and note them where they are many."""
    windows = _under_load(record, Starved)
    starved_ms = sum(_length(event) for event in windows)
    if starved_ms >= STARVED_FROM_MS:
        findings.starved_ms = starved_ms
        worst, _ = Counter(event.source for event in windows).most_common(1)[0]
        findings.starved = (
            f"the machine was too busy: for {duration(starved_ms)} servers, {worst} above all, repeatedly waited for a "
            "processor (try fewer --jobs, or a quieter machine)"
        )


def disturbances(record: TrialRecord) -> list[Disturbed]:
    """The machine's stalls that were felt while there was load."""
    return _under_load(record, Disturbed)


def held_against(record: TrialRecord) -> Outcome:
    """Return the outcome of a missed time limit: ``violated``, or ``inconclusive`` where the machine itself stalled or was too busy."""
    stalled = any(_length(event) > TOLERATED_MS for event in disturbances(record))
    starved_ms = sum(_length(event) for event in _under_load(record, Starved))
    return "inconclusive" if stalled or starved_ms >= STARVED_FROM_MS else "violated"


def _under_load(record: TrialRecord, kind: type[Wait]) -> list[Wait]:
    timeline = Timeline.of(record)
    begin = timeline.phase_ms("load")
    end = timeline.phase_ms("load-end", "read-back", "done", "interrupted", "ended-early")
    return [
        event
        for event in record.of(kind)
        if begin is not None and begin <= event.t_ms and (end is None or event.t_ms - _length(event) <= end)
    ]


def _length(event: Disturbed | Starved) -> float:
    return event.stall_ms if isinstance(event, Disturbed) else event.window_ms
