"""What the verdicts of a mutant's trials say about the lab."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from engine_mutants.mutant import Mutant

Fate = Literal["caught", "missed", "equivalent", "did-not-build"]
FATES: tuple[Fate, ...] = ("caught", "missed", "equivalent", "did-not-build")


@dataclass(frozen=True)
class Trial:
    """One trial of an engine: the verdict, as far as it matters here."""

    scenario: str
    outcome: str
    """``pass``, ``violated``, ``inconclusive``, or ``failed`` where the lab itself gave no verdict."""
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Judged:
    """What became of one mutant, and the sentence that says why."""

    mutant: Mutant
    fate: Fate
    detail: str
    trials: tuple[Trial, ...] = field(default=())

    def as_dict(self, area: str) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "name": self.mutant.name,
            "area": area,
            "file": self.mutant.file,
            "fate": self.fate,
            "detail": self.detail,
            "why": self.mutant.why,
            "trials": [asdict(trial) for trial in self.trials],
        }


def catches(mutant: Mutant, trial: Trial, control: Trial) -> str | None:
    """The reason of a verdict that is about the mutant; none where the lab saw nothing, or something else.

    Where the sound engine does not pass either, a word that its reasons have as well is no sign of the mistake.
    """
    if trial.outcome not in mutant.outcomes:
        return None
    usual = () if control.outcome == "pass" else control.reasons  # a pass sums up in all the words what went well
    telling = [word for word in mutant.words if not any(_says(reason, word) for reason in usual)]
    return next((reason for reason in trial.reasons for word in telling if _says(reason, word)), None)


def judged(mutant: Mutant, trials: Sequence[Trial], control: Mapping[str, Trial]) -> Judged:
    """The fate of a mutant that could be built, from its trials and the control's, by scenario."""
    for trial in trials:
        if (reason := catches(mutant, trial, control[trial.scenario])) is not None:
            return Judged(mutant, "caught", f"{trial.scenario}: {reason}", tuple(trials))
    detail = "; ".join(_unseen(mutant, trial) for trial in trials)
    return Judged(mutant, "equivalent" if mutant.equivalent else "missed", detail, tuple(trials))


def score(all_judged: Sequence[Judged]) -> tuple[int, int]:
    """How many were caught, of how many that anybody could catch."""
    counted = [one for one in all_judged if one.fate in ("caught", "missed")]
    return sum(one.fate == "caught" for one in counted), len(counted)


def _says(reason: str, word: str) -> bool:
    return word.lower() in reason.lower()


def _unseen(mutant: Mutant, trial: Trial) -> str:
    if trial.outcome == "pass":
        return f"{trial.scenario} passed"
    what = "for another reason" if trial.outcome in mutant.outcomes else "which is not enough"
    return f"{trial.scenario} was {trial.outcome}, {what}: {trial.reasons[0] if trial.reasons else 'none given'}"
