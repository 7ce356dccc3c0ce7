"""Whether the machine itself stood still: a time that Redis seems to have taken may be the machine's.

Only stalls from the beginning of the load on count; objectives allow a violation for them (``objectives.py``).
"""

from jsquared.check.checker import Findings
from jsquared.check.phrases import milliseconds, seconds
from jsquared.check.timeline import Timeline
from jsquared.records.events import Event
from jsquared.records.run_directory import TrialRecord

TOLERATED_MS = 500.0
"""A machine may stall for so long at once before a trial proves nothing."""


class Disturbance:
    """The machine did not stall for long."""

    name = "disturbance"

    def check(self, record: TrialRecord) -> Findings:
        """Note the longest stall where it was too long, and how long all such stalls were together."""
        findings = Findings()
        felt = disturbances(record)
        stalls = [event for event in felt if _length(event) > TOLERATED_MS]
        findings.stall_ms = sum(_length(event) for event in stalls)
        findings.short_stalls_ms = sum(_length(event) for event in felt) - findings.stall_ms
        if stalls:
            longest = max(stalls, key=_length)
            more = f" ({milliseconds(findings.stall_ms)} in all)" if len(stalls) > 1 else ""
            findings.inconclusive(
                f"the machine itself stalled for {milliseconds(_length(longest))} at {seconds(longest.t_ms)}{more}: "
                "its times are not Redis' alone"
            )
        return findings


def disturbances(record: TrialRecord) -> list[Event]:
    """The machine's stalls that were felt while there was load."""
    timeline = Timeline.of(record)
    begin = timeline.phase_ms("load")
    end = timeline.phase_ms("load-end", "read-back", "done", "interrupted")
    return [
        event
        for event in record.of_kind("disturbance")
        if begin is not None and begin <= event.t_ms and (end is None or event.t_ms - _length(event) <= end)
    ]


def _length(event: Event) -> float:
    return float(event.get("stall_ms", 0.0))
