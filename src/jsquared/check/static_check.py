"""The verdict of a static check: a scenario whose safe outcome is that a configuration is rejected before anything is started.

The analysis has already been made when the plan was; here its findings are held against the rules that the scenario asks.
"""

from jsquared.check.advice import advice_of
from jsquared.records.findings import Finding
from jsquared.records.run_directory import TrialRecord
from jsquared.records.verdict import ObjectiveResult, TrialVerdict, Writes, worst
from jsquared.text import counted

OBJECTIVE = "configuration"


def judge_statically(record: TrialRecord) -> TrialVerdict:
    """The verdict of a plan that has rules: violated by each finding that is, a pass where there is none."""
    plan = record.plan
    findings = [finding for finding in plan.findings if finding.rule in plan.rules]
    violated = [finding for finding in findings if finding.outcome == "violated"]
    objectives = [_result(finding) for finding in violated] or [_passed(len(plan.rules))]
    return TrialVerdict.of(
        plan,
        outcome=worst(objective.outcome for objective in objectives),
        reasons=[objective.reason for objective in objectives],
        writes=Writes(lost=0, unknown_survived=0, failed_but_present=0),  # nothing was written, so nothing was lost
        objectives=objectives,
        facts=[sentence(finding) for finding in findings if finding.outcome != "violated"],
        advice=[advice_of(OBJECTIVE, finding) for finding in violated],
        findings=findings,
        run_dir=str(record.path),
    )


def sentence(finding: Finding) -> str:
    """A finding in one sentence: what, which line, what to try."""
    message = finding.message.rstrip(".")
    return f"{finding.target}: {message}; {advice_of(OBJECTIVE, finding)}"


def _result(finding: Finding) -> ObjectiveResult:
    return ObjectiveResult(
        name=OBJECTIVE, limit=0, value=1, unit="findings", outcome="violated", reason=sentence(finding)
    )


def _passed(rules: int) -> ObjectiveResult:
    text = f"the configuration meets {counted(rules, 'rule')}"
    return ObjectiveResult(name=OBJECTIVE, limit=0, value=0, unit="findings", outcome="pass", reason=text)
