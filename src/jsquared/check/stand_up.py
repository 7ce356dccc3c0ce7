"""The verdict on a deployment that never came up: nothing was broken yet, so only its configuration can be responsible, or the lab.

It is violated where the static analysis names a line that keeps a deployment from converging; otherwise nothing is proven.
"""

from jsquared.check.advice import STAND_UP_RULES, advice_of, explaining
from jsquared.records.event_types import StandUpFailed
from jsquared.records.run_directory import TrialRecord
from jsquared.records.verdict import ObjectiveResult, TrialVerdict
from jsquared.text import duration

OBJECTIVE = "stand_up"


def failure(record: TrialRecord) -> StandUpFailed | None:
    """The event that says that the deployment did not come up, None where it did."""
    return next(iter(record.of(StandUpFailed)), None)


def judge_stand_up(record: TrialRecord, failed: StandUpFailed) -> TrialVerdict:
    """The verdict of a trial that ended before anything could be broken."""
    plan = record.plan
    violated = [finding for finding in plan.findings if finding.outcome == "violated"]
    advice = [advice_of(OBJECTIVE, finding) for finding in explaining(violated, STAND_UP_RULES)]
    why = failed.detail or "no reason given"
    blame = "; ".join(f"{one.message.rstrip('.')} ({one})" for one in advice)
    reason = f"the deployment did not come up, before anything was broken: {why}" + (f"; {blame}" if blame else "")
    result = ObjectiveResult(
        name=OBJECTIVE,
        limit=failed.limit_ms,
        value=failed.t_ms if advice else None,
        unit="ms",
        outcome="violated" if advice else "inconclusive",
        reason=f"it had not converged after {duration(failed.t_ms)}",
    )
    return TrialVerdict.of(
        plan,
        outcome=result.outcome,
        reasons=[reason],
        objectives=[result],
        advice=advice,
        duration_ms=failed.t_ms,
        run_dir=str(record.path),
    )
