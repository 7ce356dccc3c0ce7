"""Many trials: given to an executor side by side, watched until all have a verdict."""

import contextlib
import itertools
import math
import os
import re
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

from jsquared.campaign.executors.executor import Executor, SubmittedTrial
from jsquared.campaign.executors.local import LocalExecutor
from jsquared.campaign.interruption import Interruption
from jsquared.campaign.result import TrialResult, never_comes_up, not_begun
from jsquared.errors import InterruptedTrialError
from jsquared.records.event import Event
from jsquared.records.plan import Plan
from jsquared.records.run_directory import RunDirectory
from jsquared.records.verdict import EXIT_CODES
from jsquared.text import duration
from jsquared.trial.order import TrialOrder

POLL_S = 0.05
LONGEST_FOLDER_WORD = 150
REPORT_SUFFIX = ".html"
AT_ONCE_SHARE = 0.5
"""This share of the jobs begins in any case: a machine that is busy all the time must come to an end too."""
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

    def stopping(self, running: int, after: TrialResult | None) -> None:
        """No more trials begin, and those that run are about to be ended: after a violated one, or (None) since the user asked."""
        ...

    def tick(self) -> None:
        """Called several times a second."""
        ...


@dataclass(frozen=True)
class _Waiting:
    """A trial that has not begun: its place among the results, its order, which attempt at it this is, and the last one's folder.

    The order says why earlier attempts do not count.
    """

    index: int
    order: TrialOrder
    attempt: int = 1
    disturbed: Path | None = None


@dataclass
class Campaign:
    """Runs trials, at most ``jobs`` at a time; results come in the order of the trials. A trial is asked for when it can begin.

    Where ``jobs`` is an estimate, half of them run in any case, and more only while the executor has room for them.

    A trial that the machine itself disturbed is run again, after all others, instead of being blamed on the deployment. Once the
    deployment has proved unable to come up, the trials that have not begun are told so and not run.

    The user may stop a campaign, and with ``fail_fast`` its first violated trial does: then the trials that run are ended, ``results``
    has all that finished, and ``left`` the folders of the others that were begun.
    """

    orders: Iterable[TrialOrder]
    out: Path
    jobs: int
    progress: Progress
    executor: Executor = field(default_factory=LocalExecutor)
    fail_fast: bool = False
    jobs_are_estimated: bool = False
    interruption: Interruption | None = None
    """Notes signals; None: one for the time of :meth:`run`."""
    stopped_after: TrialResult | None = field(default=None, init=False)
    """The violated trial that stopped the campaign."""
    left: list[tuple[Plan, Path]] = field(default_factory=list, init=False)
    """The trials that were begun and have no result, with their folders."""
    _fresh: Iterator[tuple[int, TrialOrder]] = field(init=False)
    _again: deque[_Waiting] = field(default_factory=deque)
    _running: dict[int, tuple[SubmittedTrial, int]] = field(default_factory=dict)
    _results: dict[int, TrialResult] = field(default_factory=dict)
    _refusal: TrialResult | None = None

    @property
    def results(self) -> list[TrialResult]:
        """The results so far."""
        return [self._results[index] for index in sorted(self._results)]

    def run(self) -> list[TrialResult]:
        """Run all of them, or until one is violated where ``fail_fast`` says so.

        :raises RecordError: a run folder cannot be written.
        :raises InterruptedTrialError: Ctrl-C, SIGTERM or SIGHUP; every trial was asked to end and has ended, what it recorded is kept.
        """
        given = contextlib.nullcontext(self.interruption) if self.interruption else Interruption()
        with given as interruption, self.executor:
            interruption.start()
            try:
                self._run(interruption)
                if self.stopped_after is not None:
                    self._stop(self.stopped_after)
                    interruption.check()
                return self.results
            except KeyboardInterrupt:
                self._stop(None)
                folders = " ".join(str(path) for _, path in self.left)
                advice = f"jsquared check {folders}" if folders else ""
                raise InterruptedTrialError("interrupted", where=folders, hint=advice) from None

    def _stop(self, after: TrialResult | None) -> None:
        """End the trials that run; the results of those that had just finished count."""
        with contextlib.suppress(KeyboardInterrupt):  # it is being done
            self.progress.stopping(len(self._running), after)
        self.executor.stop_all()
        while self._running:
            index = min(self._running)
            trial, attempt = self._running.pop(index)
            result = trial.result()
            if result.exit_code in EXIT_CODES.values() and not _is_to_repeat(result, attempt):
                with contextlib.suppress(KeyboardInterrupt):
                    self._end(index, trial, attempt)
            else:
                self.left.append((trial.order.plan, trial.path))
        self.left += [(waiting.order.plan, waiting.disturbed) for waiting in self._again if waiting.disturbed]
        self._again.clear()

    def _run(self, interruption: Interruption) -> None:
        """Start, watch and end trials until none is left, or one has stopped the campaign.

        :raises KeyboardInterrupt: the user asked to stop.
        """
        stamp = datetime.now().strftime("%Y%m%dT%H%M%S")
        self._fresh = iter(enumerate(self.orders))
        while not self._is_stopped():
            interruption.check()
            while self._has_room() and not self._is_stopped() and (waiting := self._next()):
                self._start(waiting, stamp)
                interruption.check()
            if not self._running:
                return
            self._watch()
            self.progress.tick()
            if self._running:
                time.sleep(POLL_S)

    def _has_room(self) -> bool:
        running = len(self._running)
        certain = max(1, math.ceil(self.jobs * AT_ONCE_SHARE)) if self.jobs_are_estimated else self.jobs
        return running < certain or (running < self.jobs and self.executor.has_room())

    def _is_stopped(self) -> bool:
        """True once a violated trial has stopped the campaign."""
        if self.fail_fast and self.stopped_after is None:
            violated = (result for result in self._results.values() if result.verdict.outcome == "violated")
            self.stopped_after = next(violated, None)
        return self.stopped_after is not None

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
            # All that judges: a campaign whose trials are processes needs it last, if at all
            from jsquared.trial.static_check import run_static_check  # noqa: PLC0415

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
        if _is_to_repeat(result, attempt):
            order = replace(trial.order, repeats=(*trial.order.repeats, _why_again(result, attempt)))
            self._again.append(_Waiting(index, order, attempt + 1, trial.path))
            self.progress.repeated(result)
            return
        result.verdict.attempts = attempt
        result.verdict.repeats = list(trial.order.repeats)
        if self._refusal is None and never_comes_up(result):
            self._refusal = result
        self._finish(index, result)

    def _finish(self, index: int, result: TrialResult) -> None:
        self._results[index] = result
        self.progress.finished(result)


def _is_to_repeat(result: TrialResult, attempt: int) -> bool:
    """True if the machine itself disturbed a trial so that it says nothing about the deployment, and it was not tried often enough."""
    return bool(result.verdict.disturbed_ms) and result.verdict.outcome != "pass" and attempt < MOST_ATTEMPTS


def _why_again(result: TrialResult, attempt: int) -> str:
    """Say of an attempt that does not count what it showed: whatever failed in it must not go unseen."""
    verdict = result.verdict
    disturbed = f"the machine itself disturbed it for {duration(verdict.disturbed_ms)}"
    return f"attempt {attempt} was {verdict.outcome} and run again, since {disturbed} ({'; '.join(verdict.reasons)})"


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


def was_interrupted(campaign: Campaign) -> bool:
    """Run a campaign, and return whether the user has interrupted that: what has ended until then stays."""
    try:
        campaign.run()
    except InterruptedTrialError:
        return True
    return False
