"""The two rounds: the sound engine through every scenario that is needed, then each mutant through its own."""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from engine_mutants.build import BuildError
from engine_mutants.edit import EditError
from engine_mutants.judgement import Judged, Trial, catches, judged
from engine_mutants.mutant import Mutant
from engine_mutants.trials import run_scenario

T = TypeVar("T")
R = TypeVar("R")
Run = Callable[[Path, str, Sequence[str], Path], Trial]
Question = tuple[str, tuple[str, ...]]
"""A scenario and its options."""


class Builder(Protocol):
    """What makes engines."""

    def sound(self) -> Path:
        """The engine without any edit."""

    def mutant(self, mutant: Mutant) -> Path:
        """The engine with one edit."""


@dataclass(frozen=True)
class Control:
    """What the sound engine got, and what it should get."""

    expected: str
    trial: Trial

    @property
    def failed(self) -> bool:
        """Whether the mutants that ask this question cannot be judged."""
        return self.trial.outcome != self.expected


class Rounds:
    """Runs trials side by side and tells how they end."""

    def __init__(
        self, builder: Builder, *, jobs: int, out: Path, tell: Callable[[str], None], run: Run = run_scenario
    ) -> None:
        self._builder = builder
        self._jobs = jobs
        self._out = out
        self._tell = tell
        self._run = run
        self._lock = threading.Lock()
        self._done = 0

    def control(self, mutants: Sequence[Mutant]) -> dict[Question, Control]:
        """The sound engine's verdicts on everything that the mutants will be asked; what is not as expected gets a second chance.

        :raises BuildError: there is no engine.
        """
        asked = {(name, mutant.options): mutant.sound for mutant in mutants for name in mutant.scenarios}
        self._tell("Building the engine without edits")
        engine = self._builder.sound()
        self._done = 0

        def ask(question: Question) -> Control:
            scenario, options = question
            for _ in range(2):
                result = Control(asked[question], self._run(engine, scenario, options, self._out / "control"))
                if not result.failed:
                    break
            self._progress(len(asked), "control", " ".join((scenario, *options)), result.trial.outcome)
            return result

        return dict(zip(asked, self._side_by_side(ask, list(asked)), strict=True))

    def judge(self, mutants: Sequence[Mutant], control: Mapping[Question, Control]) -> list[Judged]:
        """What becomes of each mutant, in their order."""
        self._done = 0

        def one(mutant: Mutant) -> Judged:
            result = self._fate(mutant, {name: control[name, mutant.options].trial for name in mutant.scenarios})
            self._progress(len(mutants), result.fate, mutant.name, result.detail)
            return result

        return self._side_by_side(one, mutants)

    def _fate(self, mutant: Mutant, control: Mapping[str, Trial]) -> Judged:
        try:
            engine = self._builder.mutant(mutant)
        except (BuildError, EditError) as problem:
            return Judged(mutant, "did-not-build", str(problem))
        trials: list[Trial] = []
        for scenario in mutant.scenarios:
            trials.append(self._run(engine, scenario, mutant.options, self._out / mutant.name))
            if catches(mutant, trials[-1], control[scenario]):
                break
        return judged(mutant, trials, control)

    def _side_by_side(self, do: Callable[[T], R], items: Sequence[T]) -> list[R]:
        """Do something with every item, some at a time; after an error or an interruption nothing new is begun."""
        pool = ThreadPoolExecutor(self._jobs)
        try:
            return list(pool.map(do, items))
        finally:
            pool.shutdown(cancel_futures=True)

    def _progress(self, of: int, what: str, name: str, detail: str) -> None:
        with self._lock:
            self._done += 1
            self._tell(f"[{self._done}/{of}] {what} {name}: {detail}")
