"""The verdict on a trial that was not run, since the static analysis had proven its outcome when it was planned."""

from jsquared.check.advice import advice_of
from jsquared.check.contradictions import violated
from jsquared.check.static_check import sentence
from jsquared.records.plan import Plan
from jsquared.records.run_directory import TrialRecord
from jsquared.records.verdict import ObjectiveResult, TrialVerdict

OBJECTIVE = "failover"


def judge_proven(record: TrialRecord) -> TrialVerdict:
    """Violated by the finding of the rule that the plan names; inconclusive where the plan has no such finding."""
    plan = record.plan
    finding = next((one for one in violated(plan) if one.rule == plan.proven_by), None)
    if finding is None:
        reason = f"not run, and no finding of {plan.proven_by} proves it violated"
        return TrialVerdict.of(plan, "inconclusive", [reason], run_dir=str(record.path))
    reason = f"violated by analysis: {plan.proven_by}, not run: {sentence(finding)}"
    return TrialVerdict.of(
        plan,
        "violated",
        [reason],
        objectives=[_result(plan, reason)],
        advice=[advice_of(OBJECTIVE, finding)],
        findings=violated(plan),
        run_dir=str(record.path),
    )


def _result(plan: Plan, reason: str) -> ObjectiveResult:
    """The limit on the failover, which was not measured because it cannot be kept."""
    asked = next((objective for objective in plan.objectives if objective.name == OBJECTIVE), None)
    return ObjectiveResult(
        name=OBJECTIVE,
        limit=asked.limit if asked else 0.0,
        value=None,
        unit="ms",
        outcome="violated",
        reason=reason,
        standard_limit=asked.standard_limit if asked else None,
        set_by=asked.set_by if asked else "",
    )
