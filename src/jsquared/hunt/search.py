"""The hunt: draws random schedules until one violates, makes sure, shrinks it, and looks for the level that would have prevented it.

What it asks of every schedule is what a sound deployment keeps whatever breaks: no acknowledged write lost, and service as one
deployment again after the last heal. It never asks for availability while faults last, so what it finds is real.
"""

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from jsquared.errors import InterruptedTrialError
from jsquared.hunt.attempt import Attempt, AttemptResult, Lab, OutOfTimeError, Phase
from jsquared.hunt.draw import Drawer, Schedule
from jsquared.hunt.shrink import RUNS, Shrinker, Weakness
from jsquared.hunt.words import consequence, faults_in_words, lost_in_words
from jsquared.records.plan import Ack
from jsquared.text import listed

SHORTEST_TRIAL_S = 8.0
"""Before the first trial has ended: with less time left none is begun."""
HOPELESS = 6
"""So many trials that the lab could not judge, and none that it could: no more are tried."""
PREVENTION_RUNS = 2
"""How often a stronger level is tried on what was found, and how often that is run once more."""


@dataclass
class Prevented:
    """A stronger acknowledgement level at which what was found lost nothing."""

    ack: Ack
    runs: int


@dataclass
class Hunt:
    """One hunt. ``tell`` is given a line for people now and then, ``kept`` the best that was found so far."""

    drawer: Drawer
    lab: Lab
    budget_s: float
    stronger: Sequence[Ack] = ()
    tell: Callable[[str], None] = print
    kept: Callable[[Weakness], None] = lambda _: None
    clock: Callable[[], float] = time.monotonic
    tried: list[AttemptResult] = field(default_factory=list)
    found: Weakness | None = None
    prevented: Prevented | None = None
    interrupted: bool = False
    heard: set[int] = field(default_factory=set)
    """The numbers of the schedules whose trials have ended."""
    _began_s: float = 0.0
    _numbers: int = 0
    _lengths_s: list[float] = field(default_factory=list)
    _doubtful: list[Weakness] = field(default_factory=list)
    _suspects: list[AttemptResult] = field(default_factory=list)

    def run(self) -> None:
        """Hunt until something is found and shrunk, the budget is spent, or the user stops it; the fields say what came of it."""
        self._began_s = self.clock()
        try:
            while self.found is None and (suspect := self._search()):
                self._confirm(suspect)
            if self.found is not None:
                self._shrink()
                self._prevent()
        except OutOfTimeError:
            self.tell("the budget is spent")
        except (InterruptedTrialError, KeyboardInterrupt) as stopped:
            self.interrupted = True
            self.tell(str(stopped) or "interrupted")
        if self.found is None and self._doubtful:
            # Seen, if not at will: a loss that was measured is not kept quiet
            self.found = max(self._doubtful, key=lambda found: len(found.violating) / found.runs)
            self.kept(self.found)

    @property
    def left_s(self) -> float:
        """How much of the budget is left."""
        return self.budget_s - (self.clock() - self._began_s)

    @property
    def judged(self) -> int:
        """How many trials said anything about the deployment."""
        return sum(tried.judged for tried in self.tried)

    # -- Search

    def _search(self) -> AttemptResult | None:
        """The violating schedule with the lowest number, None where the lab can judge nothing."""
        while not self._suspects:
            self._check_time()
            waiting: set[int] = set()

            def ended(tried: AttemptResult, waiting: set[int] = waiting) -> None:
                waiting.discard(tried.attempt.drawn)
                self.heard.add(tried.attempt.drawn)
                self._ended(tried)
                if tried.kind is not None:
                    self._suspects.append(tried)

            def enough(waiting: set[int] = waiting) -> bool:
                first = min((suspect.attempt.drawn for suspect in self._suspects), default=None)
                return self.left_s <= 0 or (first is not None and all(number > first for number in waiting))

            self.lab.run(self._draws(waiting), ended, enough)
            if self._hopeless:
                return None
        self._suspects.sort(key=lambda suspect: suspect.attempt.drawn)
        return self._suspects.pop(0)

    def _draws(self, waiting: set[int]) -> Iterator[Attempt]:
        for number in itertools.count():
            if self._suspects or self._hopeless or not self._has_time:
                return
            if number not in self.heard:
                waiting.add(number)
                schedule = self.drawer.schedule(number)
                self.tell(f"#{number}: {faults_in_words(schedule)}")
                yield self._attempt("search", schedule, drawn=number)

    @property
    def _hopeless(self) -> bool:
        return len(self.tried) >= HOPELESS and not self.judged

    # -- Confirm, shrink, prevent

    def _confirm(self, suspect: AttemptResult) -> None:
        schedule = suspect.attempt.schedule
        assert suspect.kind is not None
        found = Weakness(schedule, suspect.kind, [suspect])
        self._doubtful.append(found)
        self.tell(f"#{suspect.attempt.drawn} violates ({self._how(suspect)}): running it {RUNS} more times")
        found.tried += [one for one in self._judge("confirm", [schedule] * RUNS) if one is not None]
        if found.confirmed:
            self._take(found)
        else:
            self.tell(
                f"#{suspect.attempt.drawn} violated in only {len(found.violating)} of {found.runs} runs: continuing"
            )

    def _take(self, found: Weakness) -> None:
        self.found = found
        self.tell(
            f"best so far: {faults_in_words(found.schedule)}, violated in {len(found.violating)} of {found.runs} runs"
        )
        self.kept(found)

    def _shrink(self) -> None:
        assert self.found is not None
        shrinker = Shrinker(self.found, lambda schedules: self._shrunk(shrinker, schedules))
        try:
            shrinker.run()
        finally:
            if shrinker.best is not self.found:
                self._take(shrinker.best)

    def _shrunk(self, shrinker: Shrinker, schedules: Sequence[Schedule]) -> list[AttemptResult | None]:
        if shrinker.best is not self.found:
            self._take(shrinker.best)
        self.tell(f"shrinking: trying {len(schedules)} smaller")
        return self._judge("shrink", schedules)

    def _prevent(self) -> None:
        """Run what was found once more, and at the stronger levels; the weakest at which nothing is lost counts."""
        assert self.found is not None
        found, levels = self.found, list(self.stronger) if self.found.kind == "loss" else []
        schedules = [found.schedule] * (PREVENTION_RUNS * (1 + len(levels)))
        acks = [level for level in [self.drawer.ack, *levels] for _ in range(PREVENTION_RUNS)]
        self.tell(
            f"re-running it, and with --ack {listed([str(level) for level in levels])}"
            if levels
            else "running it again"
        )
        tried = self._judge("prevent", schedules, acks)
        found.tried += [one for one in tried[:PREVENTION_RUNS] if one is not None]
        for level in levels:
            own = [one for one, ack in zip(tried, acks, strict=True) if ack == level and ack != self.drawer.ack]
            if own and all(one is not None and one.lost_nothing for one in own):
                self.prevented = Prevented(level, len(own))
                return

    # -- Trials

    def _judge(
        self, phase: Phase, schedules: Sequence[Schedule], acks: Sequence[Ack] = ()
    ) -> list[AttemptResult | None]:
        self._check_time()
        levels = acks or [self.drawer.ack] * len(schedules)
        attempts = [self._attempt(phase, schedule, ack) for schedule, ack in zip(schedules, levels, strict=True)]
        results: dict[int, AttemptResult] = {}

        def ended(tried: AttemptResult) -> None:
            results[tried.attempt.number] = tried
            self._ended(tried)

        begun = (attempt for attempt in attempts if self._has_time)
        self.lab.run(begun, ended, lambda: self.left_s <= 0)
        return [results.get(attempt.number) for attempt in attempts]

    def _attempt(self, phase: Phase, schedule: Schedule, ack: Ack | None = None, drawn: int = -1) -> Attempt:
        self._numbers += 1
        return Attempt(self._numbers, phase, schedule, ack or self.drawer.ack, drawn)

    def _ended(self, tried: AttemptResult) -> None:
        self.tried.append(tried)
        if tried.judged:
            self._lengths_s.append(tried.verdict.duration_ms / 1000)
        self.tell(f"{_called(tried.attempt)} {self._how(tried)}")

    @staticmethod
    def _how(tried: AttemptResult) -> str:
        if tried.error or not tried.judged:
            why = tried.error or (tried.verdict.reasons or ["no reason given"])[0]
            return f"could not be judged: {why}"
        if tried.kind == "loss":
            return f"lost {lost_in_words(tried.verdict)}"
        if tried.kind == "violation":
            return f"violated: {consequence(tried.verdict)}"
        return "did not recover" if tried.kind else "lost nothing and recovered"

    @property
    def _has_time(self) -> bool:
        """True if a trial that begins now can end in time."""
        return self.left_s > min(self._lengths_s, default=SHORTEST_TRIAL_S)

    def _check_time(self) -> None:
        if not self._has_time:
            raise OutOfTimeError


def _called(attempt: Attempt) -> str:
    return (
        f"#{attempt.drawn}"
        if attempt.drawn >= 0
        else f"{attempt.phase} {attempt.ack}: {faults_in_words(attempt.schedule)}:"
    )
