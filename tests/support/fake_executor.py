"""An executor without processes: a function says how each trial goes. ``tests/contracts/test_executor_contract.py`` verifies it."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from msgspec.structs import replace

from jsquared.campaign.result import TrialResult
from jsquared.errors import EXIT_INTERRUPTED
from jsquared.records.event import Event
from jsquared.records.plan import Plan
from jsquared.records.plan_files import write_plan
from jsquared.records.run_directory import RunDirectory
from jsquared.records.verdict import Outcome, TrialVerdict
from jsquared.trial.order import TrialOrder
from support.sample_run import sample_plan, write_sample_run


@dataclass(frozen=True)
class Course:
    """How a trial goes: it records these events, and has ended after so many looks at it, never by itself where they are None."""

    outcome: Outcome = "pass"
    looks: int | None = 1
    events: Sequence[Event] = ()
    reason: str = ""
    error: str = ""
    exit_code: int = 0
    disturbed_ms: float = 0.0
    sample: str = ""
    """A sample run whose records it leaves; empty: none but its plan."""
    leaves: Callable[[Path], object] | None = None
    """Writes its run folder, where that is no sample; None: nothing does."""
    shown: Mapping[str, Any] = field(default_factory=dict)
    """Further fields of its verdict."""


@dataclass
class FakeTrial:
    """A trial that only counts how often somebody looks whether it has ended."""

    order: TrialOrder
    path: Path
    course: Course
    stopped: bool = False
    _looked: int = 0
    _has_told: bool = False

    @property
    def plan(self) -> Plan:
        """Its plan."""
        return self.order.plan

    def has_ended(self) -> bool:
        """True from the last look of its course on, or once it was stopped."""
        self._looked += 1
        return self.stopped or (self.course.looks is not None and self._looked > self.course.looks)

    def new_events(self) -> Iterator[Event]:
        """All of its events, once."""
        events, self._has_told = () if self._has_told else self.course.events, True
        return iter(events)

    def result(self) -> TrialResult:
        """The end of its course; one that was stopped has no verdict."""
        if self.stopped:
            verdict = TrialVerdict.of(self.plan, "inconclusive", ["it was stopped"])
            return TrialResult(self.plan, self.path, verdict, "interrupted", EXIT_INTERRUPTED)
        course = self.course
        verdict = TrialVerdict.of(self.plan, course.outcome, [course.reason] if course.reason else [], **course.shown)
        verdict.disturbed_ms = course.disturbed_ms
        verdict.run_dir = str(self.path)
        return TrialResult(self.plan, self.path, verdict, course.error, course.exit_code)


@dataclass
class FakeExecutor:
    """Plays trials that go as ``course`` says for a plan and the number of the attempt at it, from 1."""

    course: Callable[[Plan, int], Course] = lambda _plan, _attempt: Course()
    jobs: int = 1
    trials: list[FakeTrial] = field(default_factory=list)
    """All that were submitted."""
    prepared: int = 0
    """How often it was asked to get ready."""
    room: Callable[[], bool] = lambda: True
    """Whether one more fits."""
    before_stop: Callable[[], None] = lambda: None
    """Called when all are about to be stopped."""
    _attempts: Counter[int] = field(default_factory=Counter)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop_all()

    def prepare(self) -> None:
        """Count."""
        self.prepared += 1

    def side_by_side(self, processes: int) -> int:
        """As many as the test says."""
        return self.jobs

    def has_room(self) -> bool:
        """As the test says."""
        return self.room()

    def submit(self, order: TrialOrder, path: Path) -> FakeTrial:
        """Write the run folder, and begin to count."""
        plan = order.plan
        self._attempts[plan.seed] += 1
        course = self.course(plan, self._attempts[plan.seed])
        if course.sample:
            write_sample_run(path, course.sample)
            write_plan(replace(sample_plan(course.sample), scenario=plan.scenario, seed=plan.seed), path)
        elif course.leaves:
            course.leaves(path)
        else:
            RunDirectory.create(path, plan)
        trial = FakeTrial(order, path, course)
        self.trials.append(trial)
        return trial

    def stop_all(self) -> None:
        """Stop all that have not ended."""
        self.before_stop()
        for trial in self.trials:
            trial.stopped = trial.stopped or not trial.has_ended()
