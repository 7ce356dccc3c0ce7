"""The steps of a change that a trial played: each was done, held what it promises, and lost no acknowledged write.

A loss belongs to the step during which the write was acknowledged, since a write that was kept until a step began is lost by that step
or a later one; where it was acknowledged between steps, to the one before it.
"""

from dataclasses import dataclass

import numpy as np

from jsquared.check.checker import Findings
from jsquared.check.lost_writes import lost_rows
from jsquared.check.timeline import Timeline
from jsquared.clock import NS_PER_MS
from jsquared.records.event_types import SettingsCompared, StepBegan, StepEnded
from jsquared.records.run_directory import TrialRecord
from jsquared.text import counted, listed

MOST_NAMED = 5


@dataclass(frozen=True)
class PlayedStep:
    """A step as it was played. ``reason`` says what it broke, empty where nothing."""

    number: int
    kind: str
    node: str
    back: bool
    began_ms: float
    ended_ms: float | None
    reason: str = ""
    lost: int = 0

    @property
    def called(self) -> str:
        """The step in a few words."""
        return f"{'taking back ' if self.back else ''}step {self.number} ({self.kind} of {self.node})"


def played_steps(record: TrialRecord) -> list[PlayedStep]:
    """Every step that began, in order, with what it broke."""
    ends = {(event.number, event.back): event for event in record.of(StepEnded)}
    began = record.of(StepBegan)
    lost_ms = _lost_ms(record)
    steps = []
    for place, event in enumerate(began):
        end = ends.get((event.number, event.back))
        until = began[place + 1].t_ms if place + 1 < len(began) else np.inf
        lost = int(((lost_ms >= (event.t_ms if place else 0.0)) & (lost_ms < until)).sum())
        losses = (
            f"{counted(lost, 'acknowledged write')} of its time {'is' if lost == 1 else 'are'} lost" if lost else ""
        )
        failure = end.reason or "it failed" if end is not None and not end.ok else ""
        steps.append(
            PlayedStep(
                number=event.number,
                kind=event.does,
                node=event.source,
                back=event.back,
                began_ms=event.t_ms,
                ended_ms=None if end is None else end.t_ms,
                reason="; ".join(filter(None, (failure, losses))),
                lost=lost,
            )
        )
    return steps


def _lost_ms(record: TrialRecord) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """Return when each lost write was acknowledged, in ms on the trial's clock."""
    found = record.operations.found.get(Timeline.of(record).final_primary)
    if found is None:
        return np.zeros(0)
    times: np.ndarray[tuple[int], np.dtype[np.float64]] = (
        record.operations.completed_ns[lost_rows(record.operations, found)] / NS_PER_MS
    )
    return times


class ChangeSteps:
    """Each step of a change was played, and what it broke; nothing where the trial played none."""

    name = "steps of a change"

    def check(self, record: TrialRecord) -> Findings:
        """Look at the steps' own events, and at the times of lost writes."""
        findings = Findings()
        for step in played_steps(record):
            if step.reason:
                findings.facts.append(f"{step.called}: {step.reason}")
        return findings


def judge_steps(record: TrialRecord) -> tuple[int | None, str]:
    """The number of steps that failed, and that in words; None where not all of them were played."""
    steps = played_steps(record)
    failed = [event for event in record.of(StepEnded) if not event.ok]
    if failed:
        first = next(step for step in steps if (step.number, step.back) == (failed[0].number, failed[0].back))
        return len(failed), f"{first.called} failed: {failed[0].reason}"
    compared = record.of(SettingsCompared)
    differing = [name for event in compared for name in event.differing]
    if differing:
        more = f" and {len(differing) - MOST_NAMED} more" if len(differing) > MOST_NAMED else ""
        return 1, f"taken back, the settings are not those of before: {listed(differing[:MOST_NAMED])}{more}"
    if not steps or any(step.ended_ms is None for step in steps):
        return None, "not every step was played"
    if any(step.back for step in steps) and not compared:
        return None, "the settings were not compared after all steps were taken back"
    played = counted(sum(not step.back for step in steps), "step")
    back = f" and taken back, after which all {compared[0].settings:,} settings were as before" if compared else ""
    return 0, f"{played} played{back}, and all that must hold after each held"
