"""The attempts of a hunt: schedules, their results, and the lab that runs them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from jsquared.hunt.draw import Schedule
from jsquared.records.plan import Ack
from jsquared.records.verdict import TrialVerdict

Phase = Literal["search", "confirm", "shrink", "prevent"]
WeaknessKind = Literal["loss", "no recovery", "violation"]
"""What a schedule breaks; a violation is what is always wrong, such as an operation that was applied twice."""

LOSSES = ("lost_writes", "lost_operations")
RECOVERY = ("convergence", "writes_resume_after_heal")
"""The objectives of which one missed means that the deployment did not recover."""


@dataclass(frozen=True)
class Attempt:
    """One trial of a hunt: ``number`` counts all of them, ``drawn`` is the number of the schedule in the sequence of draws (-1: shrunk)."""

    number: int
    phase: Phase
    schedule: Schedule
    ack: Ack
    drawn: int = -1


@dataclass(frozen=True)
class AttemptResult:
    """An attempt that has ended. ``error`` is the lab's line where it failed."""

    attempt: Attempt
    verdict: TrialVerdict
    error: str = ""

    @property
    def kind(self) -> WeaknessKind | None:
        """The kind of violation; a loss ranks higher. None if there was none."""
        violated = {objective.name for objective in self.verdict.objectives if objective.outcome == "violated"}
        if violated.intersection(LOSSES):
            return "loss"
        if violated.intersection(RECOVERY):
            return "no recovery"
        return "violation" if self.verdict.outcome == "violated" else None

    @property
    def lost(self) -> int:
        """How many acknowledged writes and operations were lost, as far as anybody knows."""
        return (self.verdict.writes.lost or 0) + (self.verdict.operations.lost or 0)

    @property
    def lost_nothing(self) -> bool:
        """True if there were acknowledged writes, and all of them survived, and all operations."""
        verdict = self.verdict
        known = verdict.operations.lost is not None or not verdict.operations.attempted
        return verdict.writes.acknowledged > 0 and verdict.writes.lost == 0 and known and self.lost == 0

    @property
    def judged(self) -> bool:
        """True if it said anything about the deployment."""
        return self.verdict.outcome != "inconclusive"


class Lab(Protocol):
    """Runs attempts."""

    def run(
        self, attempts: Iterable[Attempt], ended: Callable[[AttemptResult], None], enough: Callable[[], bool]
    ) -> None:
        """Run attempts side by side, each drawn when it can begin; those still running once ``enough`` says so are ended unheard.

        :raises InterruptedTrialError: the user stopped it.
        """
        ...


class OutOfTimeError(Exception):
    """The budget of a hunt is spent."""


Judge = Callable[[Sequence[Schedule]], list[AttemptResult | None]]
"""Tries schedules side by side; None for each that had no time left to end."""
