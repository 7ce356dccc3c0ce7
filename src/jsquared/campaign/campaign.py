"""Many trials: started side by side, each in its own sandbox, watched until all have a verdict."""

import itertools
import os
import re
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from jsquared.campaign.interruption import Interruption
from jsquared.campaign.trial_process import TrialProcess
from jsquared.campaign.zygote import Zygote
from jsquared.errors import EXIT_BAD_INPUT, EXIT_INCONCLUSIVE, EXIT_INTERRUPTED, EXIT_LAB_FAILED, InterruptedTrialError
from jsquared.records.event_types import Event
from jsquared.records.plan import Plan
from jsquared.records.run_directory import RunDirectory
from jsquared.records.verdict import TrialVerdict
from jsquared.trial.order import TrialOrder
from jsquared.trial.static_check import run_static_check

POLL_S = 0.05
PROCESSES_PER_CPU = 52
"""Six and a half trials of three data nodes, three Sentinels and two clients a processor: docs/reference/measurements.md."""
LONGEST_FOLDER_WORD = 150
REPORT_SUFFIX = ".html"
MOST_ATTEMPTS = 3
"""A machine that disturbs a trial so often is too busy to prove anything on."""


def default_jobs(processes: int) -> int:
    """How many trials run side by side unless ``--jobs`` says otherwise: as many as keep the times of a lone one within 5 %.

    A trial mostly waits, for timers of Sentinels; what bounds how many there may be is how late the machine wakes everybody up, which
    grows with their processes.

    :param processes: the servers and clients of one trial.
    """
    return max(1, PROCESSES_PER_CPU * len(os.sched_getaffinity(0)) // max(1, processes))


@dataclass
class TrialResult:
    """How one trial ended: with a verdict, or with an error and an exit code that says whose fault it was."""

    plan: Plan
    path: Path
    verdict: TrialVerdict
    error: str = ""
    exit_code: int = 0


class Progress(Protocol):
    """Receives the progress of a campaign."""

    def started(self, plan: Plan, path: Path) -> None:
        """A trial began."""
        ...

    def event(self, plan: Plan, path: Path, event: Event) -> None:
        """A trial recorded an event."""
        ...

    def finished(self, result: TrialResult) -> None:
        """A trial ended."""
        ...

    def repeated(self, result: TrialResult) -> None:
        """A trial was disturbed by the machine itself and will be run again."""
        ...

    def tick(self) -> None:
        """Called several times a second."""
        ...


@dataclass(frozen=True)
class _Waiting:
    """A trial that has not begun: its place among the results, its order, and which attempt at it this is."""

    index: int
    order: TrialOrder
    attempt: int = 1


@dataclass
class Campaign:
    """Runs trials, at most ``jobs`` at a time; results come in the order of the trials. A trial is asked for when it can begin.

    A trial that the machine itself disturbed is run again, after all others, instead of being blamed on the deployment. Once the
    deployment has proved unable to come up, the trials that have not begun are told so and not run.
    """

    orders: Iterable[TrialOrder]
    out: Path
    jobs: int
    progress: Progress
    _fresh: Iterator[tuple[int, TrialOrder]] = field(init=False)
    _again: deque[_Waiting] = field(default_factory=deque)
    _running: dict[int, tuple[TrialProcess, int]] = field(default_factory=dict)
    _results: dict[int, TrialResult] = field(default_factory=dict)
    _refusal: TrialResult | None = None
    _zygote: Zygote = field(init=False)

    def run(self) -> list[TrialResult]:
        """Run all of them.

        :raises RecordError: a run folder cannot be written.
        :raises InterruptedTrialError: Ctrl-C, SIGTERM or SIGHUP; every trial was asked to end and has ended, what it recorded is kept.
        """
        with Interruption() as interruption, Zygote() as self._zygote:
            try:
                self._run(interruption)
                return [self._results[index] for index in sorted(self._results)]
            except KeyboardInterrupt:
                folders = self._stop_all()
                advice = f"jsquared check {folders}" if folders else ""
                raise InterruptedTrialError("interrupted", where=folders, hint=advice) from None
            finally:
                self._stop_all()

    def _run(self, interruption: Interruption) -> None:
        """Start, watch and end trials until none is left.

        :raises KeyboardInterrupt: the user asked to stop.
        """
        stamp = datetime.now().strftime("%Y%m%dT%H%M%S")
        self._fresh = iter(enumerate(self.orders))
        while True:
            interruption.check()
            while len(self._running) < self.jobs and (waiting := self._next()):
                self._start(waiting, stamp)
                interruption.check()
            if not self._running:
                return
            self._watch()
            self.progress.tick()
            if self._running:
                time.sleep(POLL_S)

    def _next(self) -> _Waiting | None:
        """The next trial that can begin: first every new one, then those to be run again.

        Those were disturbed, likely by each other: the second time half as many run side by side, the third time a quarter.
        """
        fresh = next(self._fresh, None)
        if fresh is not None:
            return _Waiting(*fresh)
        if not self._again or len(self._running) >= max(1, self.jobs // 2 ** (self._again[0].attempt - 1)):
            return None
        return self._again.popleft()

    def _start(self, waiting: _Waiting, stamp: str) -> None:
        plan = waiting.order.plan
        path = free_name(self.out / f"{stamp}-{folder_word(plan)}-{plan.seed}")
        if plan.rules:
            self._finish(waiting.index, TrialResult(plan, path, run_static_check(RunDirectory.create(path, plan))))
        elif self._refusal is not None:
            self._finish(waiting.index, not_begun(plan, self._refusal))
        else:
            self._running[waiting.index] = TrialProcess(waiting.order, path, self._zygote), waiting.attempt
            self.progress.started(plan, path)

    def _watch(self) -> None:
        for index, (trial, attempt) in list(self._running.items()):
            trial.end_if_stopped()
            ended = not trial.running
            for event in trial.new_events():
                self.progress.event(trial.plan, trial.run.path, event)
            if ended:
                del self._running[index]
                self._end(index, trial, attempt)

    def _end(self, index: int, trial: TrialProcess, attempt: int) -> None:
        """Take a result, or try again where it says nothing about the deployment."""
        result = result_of(trial)
        if result.verdict.disturbed_ms and result.verdict.outcome != "pass" and attempt < MOST_ATTEMPTS:
            self._again.append(_Waiting(index, trial.order, attempt + 1))
            self.progress.repeated(result)
            return
        result.verdict.attempts = attempt
        if self._refusal is None and never_comes_up(result):
            self._refusal = result
        self._finish(index, result)

    def _finish(self, index: int, result: TrialResult) -> None:
        self._results[index] = result
        self.progress.finished(result)

    def _stop_all(self) -> str:
        trials = [trial for trial, _ in self._running.values()]
        folders = " ".join(str(trial.run.path) for trial in trials)
        for trial in trials:
            trial.interrupt()
        for trial in trials:
            trial.end()
        self._running.clear()
        return folders


def folder_word(plan: Plan) -> str:
    """Return the part of a run folder's name after its time: the scenario, with the primary's name where several are monitored.

    A primary may be called anything: what a folder cannot be called becomes a dash, and no name is longer than it may be.
    """
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", plan.label.replace(" on ", "-"))[:LONGEST_FOLDER_WORD]


def free_name(path: Path) -> Path:
    """The path, or with ``-2``, ``-3`` … behind its name when something has it already, be it a link to nowhere."""
    ending = REPORT_SUFFIX if path.suffix == REPORT_SUFFIX else ""  # names of folders may hold dots
    begin = path.name.removesuffix(ending)
    candidates = itertools.chain([path], (path.with_name(f"{begin}-{number}{ending}") for number in itertools.count(2)))
    return next(candidate for candidate in candidates if not os.path.lexists(candidate))


def result_of(trial: TrialProcess) -> TrialResult:
    """Return the result of a trial that has ended. Without a verdict it is inconclusive, with the lab's error as the reason."""
    verdict = trial.verdict()
    code = trial.exit_code
    if verdict is None and trial.killed_from_outside:
        trial.record_ending()
        return TrialResult(trial.plan, trial.run.path, _without_verdict(trial, trial.error()), "", EXIT_INCONCLUSIVE)
    error = trial.error() if code in (EXIT_BAD_INPUT, EXIT_LAB_FAILED, EXIT_INTERRUPTED) or verdict is None else ""
    if verdict is None:
        verdict = _without_verdict(trial, error)
        code = code if code in (EXIT_BAD_INPUT, EXIT_INTERRUPTED) else EXIT_LAB_FAILED
    return TrialResult(trial.plan, trial.run.path, verdict, error, code)


def never_comes_up(result: TrialResult) -> bool:
    """True if a result shows that no trial of its deployment can begin: a server refuses its configuration, or it was proved broken."""
    at_stand_up = any(objective.name == "stand_up" for objective in result.verdict.objectives)
    return result.exit_code == EXIT_BAD_INPUT or (at_stand_up and result.verdict.outcome == "violated")


def not_begun(plan: Plan, refusal: TrialResult) -> TrialResult:
    """The result of a trial that was not begun, since another one showed that its deployment does not come up."""
    verdict = TrialVerdict.of(
        plan, "inconclusive", [f"not started, as in {refusal.plan.label}: {refusal.verdict.reasons[0]}"]
    )
    verdict.outcome, verdict.advice = refusal.verdict.outcome, refusal.verdict.advice
    verdict.objectives = refusal.verdict.objectives  # that it comes up is asked of it too, and the answer is the same
    return TrialResult(plan, refusal.path, verdict, refusal.error, refusal.exit_code)


def _without_verdict(trial: TrialProcess, error: str) -> TrialVerdict:
    reason = f"the lab failed: {error}"
    if trial.killed_from_outside:
        reason = error
    elif trial.exit_code == EXIT_INTERRUPTED:
        reason = "a signal from outside ended the trial's own process before there was anything to judge"
    verdict = TrialVerdict.of(trial.plan, "inconclusive", [reason])
    verdict.duration_ms = (time.monotonic() - trial.started_s) * 1000
    verdict.run_dir = str(trial.run.path)
    return verdict
