"""The records of a test, once they were saved: what was lost, and the story of what happened."""

import itertools
import os
import re
from collections import Counter
from pathlib import Path

from jsquared.clock import NS_PER_MS
from jsquared.errors import JSquaredError
from jsquared.records.event import Event
from jsquared.records.event_types import (
    AgreementChanged,
    FaultBit,
    FaultEvent,
    FaultHealed,
    FaultStarted,
    SentinelEvent,
)
from jsquared.records.events import read_events, zero_of
from jsquared.records.run_directory import RunDirectory
from jsquared.records.verdict import TrialVerdict
from jsquared.text import printable

MOST_LINES = 60
LONGEST_NAME = 100
_NOT_IN_NAMES = re.compile(r"[^\w.-]+")
_TOLD = ("+sdown", "-sdown", "+odown", "-odown", "+switch-master", "+tilt", "-tilt")
_TOLD_BEGINNINGS = ("+failover", "-failover", "+try-failover", "+elected", "+promoted")


def free_folder(runs: Path, test: str) -> Path:
    """A folder that is not there yet, named after a test."""
    name = _NOT_IN_NAMES.sub("-", test).strip("-.")[-LONGEST_NAME:] or "test"
    tried = (runs / (name if number == 1 else f"{name}-{number}") for number in itertools.count(1))
    return next(folder for folder in tried if not os.path.lexists(folder))


class SavedSession:
    """A run folder with its verdict; ``began_ns`` is the monotonic time of the test's beginning."""

    def __init__(self, folder: Path, verdict: TrialVerdict, began_ns: int) -> None:
        self.folder = folder
        self.verdict = verdict
        self._began_ns = began_ns

    @property
    def report(self) -> Path:
        """The page for a browser."""
        return RunDirectory(self.folder).report_file

    def loss(self) -> str:
        """Why the test's load is not proven to be all there, in one or a few lines; empty where it is."""
        writes, operations = self.verdict.writes, self.verdict.operations
        lost = (writes.lost or 0) + (operations.lost or 0)
        if lost:
            of = writes.acknowledged + operations.acknowledged
            counts: Counter[str] = Counter()
            for one in (*self.verdict.losses, *self.verdict.operation_losses):
                counts[one.explanation or one.cause] += one.count
            causes = [f"  {count:,}: {printable(why)}" for why, count in counts.most_common()]
            head = f"{lost:,} of {of:,} acknowledged writes were lost (level {self.verdict.ack})"
            return "\n".join([head, *causes, self._where()])
        if writes.lost is None or not writes.acknowledged:
            why = printable("; ".join(self.verdict.reasons)) or "no write was acknowledged"
            return f"it is not known whether writes were lost: {why}\n{self._where()}"
        return ""

    def story(self) -> str:
        """The faults and what the Sentinels said since the test began, and where the records are."""
        try:
            events = read_events(RunDirectory(self.folder).events_file)
        except JSquaredError as problem:
            return f"{problem}\n{self._where()}"
        zero = zero_of(events)
        began_ms = (self._began_ns - zero.zero_monotonic_ns) / NS_PER_MS if zero is not None else 0.0
        told = [event for event in events if event.t_ms >= began_ms and told_of(event)]
        # Whoever begins to look notes whom the Sentinels name already.
        told = list(itertools.dropwhile(lambda event: isinstance(event, AgreementChanged), told))
        lines = [f"{(event.t_ms - began_ms) / 1000:8.3f} s  {printable(told_of(event))}" for event in told]
        left_out = [f"({len(lines) - MOST_LINES} more)"] if len(lines) > MOST_LINES else []
        return "\n".join(
            [*(lines[:MOST_LINES] or ["nothing was broken, and the Sentinels said nothing"]), *left_out, self._where()]
        )

    def _where(self) -> str:
        return f"verdict {self.verdict.outcome}, report: {self.report}"


def told_of(event: Event) -> str:
    """One line about an event that explains a failure; empty for all others."""
    if isinstance(event, FaultEvent):
        return f"fault {event.fault} {_step(event)}"
    if isinstance(event, AgreementChanged):
        return f"the Sentinels name {event.primary or 'no primary by a majority'}"
    if isinstance(event, SentinelEvent) and (event.event in _TOLD or event.event.startswith(_TOLD_BEGINNINGS)):
        return f"{event.source}: {event.event} {event.payload}"
    return ""


def _step(event: FaultEvent) -> str:
    """What became of a fault."""
    match event:
        case FaultStarted():
            return f"begins: {event.name} on {', '.join(event.targets) or 'the deployment'}"
        case FaultBit():
            return f"{'bit' if event.ok else 'did not bite'}: {event.evidence}"
        case FaultHealed():
            return f"{'has healed' if event.ok else 'did not heal'}: {event.evidence}"
    return "is being healed"
