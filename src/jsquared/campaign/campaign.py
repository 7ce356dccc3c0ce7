"""Many trials: given to an executor side by side, watched until all have a verdict."""

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

from jsquared.campaign.executors.executor import Executor, SubmittedTrial
from jsquared.campaign.executors.local import LocalExecutor
from jsquared.campaign.interruption import Interruption
from jsquared.campaign.result import TrialResult, never_comes_up, not_begun
from jsquared.errors import InterruptedTrialError
from jsquared.records.event_types import Event
from jsquared.records.plan import Plan
from jsquared.records.run_directory import RunDirectory
from jsquared.trial.order import TrialOrder
from jsquared.trial.static_check import run_static_check

POLL_S = 0.05
LONGEST_FOLDER_WORD = 150
REPORT_SUFFIX = ".html"
MOST_ATTEMPTS = 3
"""A machine that disturbs a trial so often is too busy to prove anything on."""


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
    executor: Executor = field(default_factory=LocalExecutor)
    _fresh: Iterator[tuple[int, TrialOrder]] = field(init=False)
    _again: deque[_Waiting] = field(default_factory=deque)
    _running: dict[int, tuple[SubmittedTrial, int]] = field(default_factory=dict)
    _results: dict[int, TrialResult] = field(default_factory=dict)
    _refusal: TrialResult | None = None

    def run(self) -> list[TrialResult]:
        """Run all of them.

        :raises RecordError: a run folder cannot be written.
        :raises InterruptedTrialError: Ctrl-C, SIGTERM or SIGHUP; every trial was asked to end and has ended, what it recorded is kept.
        """
        with Interruption() as interruption, self.executor:
            try:
                self._run(interruption)
                return [self._results[index] for index in sorted(self._results)]
            except KeyboardInterrupt:
                self.executor.stop_all()
                folders = " ".join(str(trial.path) for trial, _ in self._running.values())
                advice = f"jsquared check {folders}" if folders else ""
                raise InterruptedTrialError("interrupted", where=folders, hint=advice) from None

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
        if not plan.starts_servers:
            self._finish(waiting.index, TrialResult(plan, path, run_static_check(RunDirectory.create(path, plan))))
        elif self._refusal is not None:
            self._finish(waiting.index, not_begun(plan, self._refusal))
        else:
            self._running[waiting.index] = self.executor.submit(waiting.order, path), waiting.attempt
            self.progress.started(plan, path)

    def _watch(self) -> None:
        for index, (trial, attempt) in list(self._running.items()):
            ended = trial.has_ended()
            for event in trial.new_events():
                self.progress.event(trial.order.plan, trial.path, event)
            if ended:
                del self._running[index]
                self._end(index, trial, attempt)

    def _end(self, index: int, trial: SubmittedTrial, attempt: int) -> None:
        """Take a result, or try again where it says nothing about the deployment."""
        result = trial.result()
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
