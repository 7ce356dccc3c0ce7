"""Each phase of a failover against what the deployment's settings imply: one that is much longer was held up by something.

What sentinel.c does in a failover without a lost election: it pings every second and so sees a silence ``down-after-milliseconds`` and a
second after it began; asks the other Sentinels every second; waits up to a second before it starts, so that they do not all start at
once; tells the replica at once; and learns of its promotion from an INFO a second. The limits leave another second or more to each.
"""

from jsquared.check.checker import Findings, Note
from jsquared.check.disturbance import held_against
from jsquared.check.failover_time import clients_in_scope, first_after_fault, measure
from jsquared.check.timeline import Timeline
from jsquared.records.plan import Plan
from jsquared.records.run_directory import TrialRecord
from jsquared.text import duration, listed

LIMITS_MS = {"agree": 2_500.0, "elect": 2_500.0, "promote": 2_000.0, "announce": 3_000.0}
"""The longest that each phase may take, in which a Sentinel acts once or twice a second."""
DETECT_MARGIN_MS = 3_000.0
"""Beyond ``down-after-milliseconds``, for faults that silence the primary at once."""
SUDDEN = ("kill", "new-address", "pause", "cut")
"""Faults from which on a primary is silent, so that *detect* has a limit."""
_AT_SENTINELS = ("sentinel-crash-at", "sentinel-new-id", "sentinel-old-config", "sentinel-reset", "set-quorum")
"""Faults of Sentinels themselves, which make phases long."""
_OF_LINKS = (
    "delay",
    "loss",
    "bandwidth",
    "duplicate",
    "cpu-starve",
    "slow-names",
    "failing-names",
    "lost-names",
    "clock-step",
    "clock-skew",
)
"""Faults that make every step of a failover slow."""
_LOST = ("-failover-abort-not-elected", "-failover-abort-no-good-slave", "-failover-abort-slave-timeout", "+tilt")
"""Events after which an election is held again, or Sentinels wait."""


class PhaseTimes:
    """No phase of the failover takes much longer than its settings imply."""

    name = "failover phases"

    def check(self, record: TrialRecord) -> Findings:
        """Compare, where nothing but the data nodes was broken and no election was lost."""
        findings = Findings()
        timeline = Timeline.of(record)
        change = first_after_fault(timeline)
        if change is None or _held_up(timeline):
            return findings
        failover = measure(timeline, change, clients_in_scope(record), Findings())
        limits = dict(LIMITS_MS)
        leading = next((span for span in timeline.faults if span.id == failover.fault), None)
        if leading is not None and leading.name in SUDDEN:
            limits["detect"] = record.plan.down_after_ms + DETECT_MARGIN_MS
        phases = failover.phases_ms or {}
        slow = [
            f"'{name}' took {duration(phases[name])}, its settings imply at most {duration(limit)}"
            for name, limit in limits.items()
            if phases.get(name, 0.0) > limit
        ]
        if slow:
            text = (
                f"the failover to {change.new} was slow, and nothing that the trial broke explains it: {listed(slow)}"
            )
            findings.notes.append(Note(held_against(record), text))
        return findings


def _held_up(timeline: Timeline) -> bool:
    """True if the trial itself made phases long: it broke Sentinels or links, or an election was lost."""
    sentinels = _names_of_sentinels(timeline.record.plan)
    for span in timeline.faults:
        if span.name in (*_AT_SENTINELS, *_OF_LINKS) or (sentinels & set(span.targets) and span.name != "cut"):
            return True
    tries = [event for event in timeline.sentinel if event.event == "+try-failover"]
    lost = any(event.event in _LOST for event in timeline.sentinel)
    return lost or len(tries) > 1


def _names_of_sentinels(plan: Plan) -> set[str]:
    return {node.name for node in plan.sentinels()}
