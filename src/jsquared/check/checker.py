"""The checker protocol: one question asked of a trial's record, answered with findings.

A checker looks at the record alone and never at a running server, so the same folder gives the same answer on any machine. It
says what it saw as *notes* (each with the outcome it forces), *facts* (no outcome) and *measurements* (typed fields that
objectives and the verdict use). A checker that crashes has shown nothing: :func:`run_safely` turns that into an inconclusive note.
"""

import traceback
from dataclasses import dataclass, field
from typing import Protocol

from jsquared.records.alert_results import AlertResult, FailedRule
from jsquared.records.run_directory import TrialRecord
from jsquared.records.verdict import (
    ClientGap,
    FaultResult,
    LossGroup,
    OperationCounts,
    Outcome,
    Refusal,
    TwoPrimaries,
    Writes,
)


@dataclass(frozen=True)
class Note:
    """A sentence that forces an outcome (``violated`` or ``inconclusive``)."""

    outcome: Outcome
    text: str


@dataclass(frozen=True)
class FailoverTime:
    """The first failover after the first fault. ``total_ms`` is None when no client wrote to the new primary any more;
    ``waited_ms`` is then how long the clients tried.

    ``marks_ms`` has ``fault`` and the end of each phase on the trial's clock; ``phases_ms`` sums to ``total_ms``.
    """

    old: str
    new: str
    fault: str
    total_ms: float | None
    waited_ms: float
    phases_ms: dict[str, float] | None
    marks_ms: dict[str, float]
    refusals: list[Refusal] = field(default_factory=list)
    """What the new primary answered in the phase *refused*; where it never acknowledged a write, at all."""


@dataclass(frozen=True)
class Convergence:
    """The deployment's convergence: ``took_ms`` from the last heal, None where it did not converge or was not observed.

    ``problems`` says what was not one; ``waited_ms`` how long it was given.
    """

    took_ms: float | None
    waited_ms: float
    problems: tuple[str, ...] = ()


@dataclass
class Findings:
    """The findings of one checker, or of all of them merged. None and empty mean that nothing was measured."""

    notes: list[Note] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)
    writes: Writes | None = None
    losses: list[LossGroup] = field(default_factory=list)
    operations: OperationCounts | None = None
    operation_losses: list[LossGroup] = field(default_factory=list)
    """As ``losses``, of operations with a model."""
    gaps: list[ClientGap] = field(default_factory=list)
    overall_gap: ClientGap | None = None
    faults: list[FaultResult] = field(default_factory=list)
    failover: FailoverTime | None = None
    failovers: int | None = None
    two_primaries: list[TwoPrimaries] = field(default_factory=list)
    convergence: Convergence | None = None
    alerts: list[AlertResult] = field(default_factory=list)
    unmonitored: str = ""
    """Why nothing is proven of alerts; empty where monitoring did its work."""
    failed_rules: list[FailedRule] = field(default_factory=list)
    stall_ms: float = 0.0
    """How long the machine itself stood still, in stalls that are long enough to prove nothing by."""
    short_stalls_ms: float = 0.0
    """The same of shorter stalls: they excuse a time that was missed by no more than them."""
    unfinished: list[str] = field(default_factory=list)
    """That the trial did not run to its end: inconclusive, and the reason of all that could not be measured."""
    unprovable: list[str] = field(default_factory=list)
    """What was done to the trial from outside, so that nothing which it shows is anyone's doing."""
    crashes: list[str] = field(default_factory=list)
    """Servers that ended by themselves, with their last words."""
    starved: str = ""
    """That servers waited for a processor, how long and which, in words; empty where it was not for long enough to matter."""
    starved_ms: float = 0.0
    """How long some server was kept waiting; 0 where that does not matter."""

    def violated(self, text: str) -> None:
        """Note something that breaks a promise."""
        self.notes.append(Note("violated", text))

    def inconclusive(self, text: str) -> None:
        """Note something that keeps the trial from proving anything."""
        self.notes.append(Note("inconclusive", text))

    def merge(self, other: "Findings") -> None:
        """Take over everything that ``other`` has."""
        for name in (
            "notes",
            "facts",
            "losses",
            "operation_losses",
            "gaps",
            "faults",
            "two_primaries",
            "alerts",
            "failed_rules",
            "unfinished",
            "unprovable",
            "crashes",
        ):
            getattr(self, name).extend(getattr(other, name))
        for name in ("writes", "operations", "overall_gap", "failover", "failovers", "convergence"):
            if getattr(other, name) is not None:
                setattr(self, name, getattr(other, name))
        self.stall_ms = max(self.stall_ms, other.stall_ms)
        self.short_stalls_ms = max(self.short_stalls_ms, other.short_stalls_ms)
        self.starved = self.starved or other.starved
        self.unmonitored = self.unmonitored or other.unmonitored
        self.starved_ms = max(self.starved_ms, other.starved_ms)


class Checker(Protocol):
    """One question asked of a trial's record."""

    @property
    def name(self) -> str:
        """Return the subject of the check, in words that can end a reason."""
        ...

    def check(self, record: TrialRecord) -> Findings:
        """Look at the record alone; raise nothing that is expected of a damaged or unfinished run."""
        ...


def run_safely(checker: Checker, record: TrialRecord) -> Findings:
    """The checker's findings, or an inconclusive note naming it and where it crashed: never a pass, never a traceback."""
    try:
        return checker.check(record)
    except Exception as problem:  # noqa: BLE001, RUF100 -- whatever it is, the trial is not proven and the others must still speak
        crashed = Findings()
        crashed.inconclusive(crash_text(checker.name, problem))
        return crashed


def crash_text(name: str, problem: Exception) -> str:
    """One line that names a crashed checker, its error and the place in the code."""
    frames = traceback.extract_tb(problem.__traceback__)
    place = f" at {frames[-1].name}:{frames[-1].lineno}" if frames else ""
    detail = " ".join(str(problem).split())[:160]
    return f"the checker '{name}' crashed ({type(problem).__name__}: {detail}{place}), so it proves nothing"
