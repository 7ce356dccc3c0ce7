"""The result of one trial, and what it says about trials that have not begun."""

from dataclasses import dataclass
from pathlib import Path

from jsquared.errors import EXIT_BAD_INPUT
from jsquared.records.plan import Plan
from jsquared.records.verdict import TrialVerdict


@dataclass
class TrialResult:
    """How one trial ended: with a verdict, or with an error and an exit code that says whose fault it was."""

    plan: Plan
    path: Path
    verdict: TrialVerdict
    error: str = ""
    exit_code: int = 0


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
