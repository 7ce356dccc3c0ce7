"""Many trials: started side by side, each in its own sandbox, watched until all have a verdict."""

import itertools
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from jsquared.campaign.trial_process import TrialProcess
from jsquared.errors import EXIT_BAD_INPUT, EXIT_INTERRUPTED, EXIT_LAB_FAILED, InterruptedTrialError
from jsquared.records.plan import Plan
from jsquared.records.run_directory import RunDirectory
from jsquared.records.verdict import TrialVerdict, Writes
from jsquared.trial.static_check import run_static_check

POLL_S = 0.05


def default_jobs() -> int:
    """How many trials run side by side unless ``--jobs`` says otherwise: two for each processor this process may use.

    A trial mostly waits, for timers of Sentinels; what bounds it is how late the machine wakes everybody up.
    """
    return 2 * len(os.sched_getaffinity(0))


@dataclass
class TrialResult:
    """How one trial ended: with a verdict, or with an error and an exit code that says whose fault it was."""

    plan: Plan
    path: Path
    verdict: TrialVerdict
    error: str = ""
    exit_code: int = 0


class Progress(Protocol):
    """Who wants to know how the campaign goes."""

    def started(self, plan: Plan, path: Path) -> None:
        """A trial began."""
        ...

    def event(self, plan: Plan, path: Path, event: dict[str, Any]) -> None:
        """A trial recorded an event."""
        ...

    def finished(self, result: TrialResult) -> None:
        """A trial ended."""
        ...

    def tick(self) -> None:
        """Called several times a second."""
        ...


@dataclass
class Campaign:
    """Runs plans, at most ``jobs`` at a time; results come in the order of the plans."""

    plans: Sequence[Plan]
    out: Path
    jobs: int
    progress: Progress
    _running: dict[int, TrialProcess] = field(default_factory=dict)
    _results: dict[int, TrialResult] = field(default_factory=dict)

    def run(self) -> list[TrialResult]:
        """Run all of them.

        :raises RecordError: a run folder cannot be written.
        :raises InterruptedTrialError: Ctrl-C; every trial was asked to end and has ended, what it recorded is kept.
        """
        stamp = datetime.now().strftime("%Y%m%dT%H%M%S")
        waiting = iter(enumerate(self.plans))
        try:
            while True:
                while len(self._running) < self.jobs and (following := next(waiting, None)):
                    self._start(*following, stamp)
                if not self._running:
                    return [self._results[index] for index in sorted(self._results)]
                self._watch()
                self.progress.tick()
                time.sleep(POLL_S)
        except KeyboardInterrupt:
            folders = self._stop_all()
            advice = f"jsquared check {folders}" if folders else ""
            raise InterruptedTrialError("interrupted", where=folders, try_=advice) from None
        finally:
            self._stop_all()

    def _start(self, index: int, plan: Plan, stamp: str) -> None:
        path = free_name(self.out / f"{stamp}-{plan.label.replace(' on ', '-')}-{plan.seed}")
        if plan.rules:
            self._finish(index, TrialResult(plan, path, run_static_check(RunDirectory.create(path, plan))))
            return
        self._running[index] = TrialProcess(plan, path)
        self.progress.started(plan, path)

    def _finish(self, index: int, result: TrialResult) -> None:
        self._results[index] = result
        self.progress.finished(result)

    def _watch(self) -> None:
        for index, trial in list(self._running.items()):
            ended = not trial.running
            for event in trial.new_events():
                self.progress.event(trial.plan, trial.run.path, event)
            if ended:
                del self._running[index]
                self._finish(index, result_of(trial))

    def _stop_all(self) -> str:
        folders = " ".join(str(trial.run.path) for trial in self._running.values())
        for trial in self._running.values():
            trial.interrupt()
        for trial in self._running.values():
            trial.end()
        self._running.clear()
        return folders


def free_name(path: Path) -> Path:
    """The path, or with ``-2``, ``-3`` … behind it when it exists already."""
    candidates = itertools.chain([path], (path.with_name(f"{path.name}-{number}") for number in itertools.count(2)))
    return next(candidate for candidate in candidates if not candidate.exists())


def result_of(trial: TrialProcess) -> TrialResult:
    """What a trial that has ended amounts to. Without a verdict it is inconclusive, with the lab's error as the reason."""
    verdict = trial.verdict()
    code = trial.exit_code
    error = trial.error() if code in (EXIT_BAD_INPUT, EXIT_LAB_FAILED, EXIT_INTERRUPTED) or verdict is None else ""
    if verdict is None:
        verdict = _without_verdict(trial, error)
        code = code if code in (EXIT_BAD_INPUT, EXIT_INTERRUPTED) else EXIT_LAB_FAILED
    return TrialResult(trial.plan, trial.run.path, verdict, error, code)


def _without_verdict(trial: TrialProcess, error: str) -> TrialVerdict:
    plan = trial.plan
    return TrialVerdict(
        scenario=plan.scenario,
        master_name=plan.master_name,
        monitored_primaries=len(plan.master_names),
        seed=plan.seed,
        outcome="inconclusive",
        reasons=[f"the lab failed: {error}"],
        deployment=plan.deployment,
        engine=plan.engine,
        sandbox=plan.sandbox,
        ack=str(plan.ack),
        writes=Writes(),
        failover_ms=None,
        phases_ms=None,
        objectives=[],
        faults=[],
        duration_ms=(time.monotonic() - trial.started_s) * 1000,
        run_dir=str(trial.run.path),
    )
