"""The matrix of scenarios and alerts: what ``alerts matrix --json`` prints."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

import msgspec

from jsquared.records.alert_results import AlertResult, FailedRule
from jsquared.records.verdict import Outcome, TrialVerdict


class MatrixRow(msgspec.Struct, kw_only=True):
    """One trial. Where ``unproven`` says why, nothing is known of its alerts."""

    scenario: str
    faults: list[str]
    alerts: list[AlertResult]
    unproven: str = ""
    failed_rules: list[FailedRule] = []
    """Those that Prometheus could not compute: of their alerts nothing is known, of the others' all is."""
    trial: Outcome
    """The trial's own verdict, alerts included."""
    run_dir: str


class MatrixEntry(msgspec.Struct, kw_only=True):
    """An alert that was missed, or that fired without a reason."""

    scenario: str
    alert: str
    fired_ms: float | None
    run_dir: str


class UncomputedRule(msgspec.Struct, kw_only=True):
    """A rule that Prometheus could not compute, with what it said of it."""

    rule: str
    error: str
    scenarios: list[str]


class AlertMatrix(msgspec.Struct, kw_only=True):
    """All trials, and what was wrong in them."""

    outcome: Outcome
    profile: str
    judged: bool
    """False for rules of the user's own: nobody has said when they must fire."""
    rows: list[MatrixRow]
    missed: list[MatrixEntry]
    false: list[MatrixEntry]
    silent: list[str]
    """Scenarios in which no alert fired and arrived, though every rule was computed."""
    failed_rules: list[UncomputedRule] = []
    """Rules that Prometheus could not compute in some scenarios: that they were silent there says nothing."""
    not_run: list[str]
    took_s: float
    page: str | None = None

    @property
    def unknown(self) -> int:
        """Return in how many scenarios nothing, or not everything, is known of the alerts."""
        return sum(bool(row.unproven) for row in self.rows)


def matrix_of(
    trials: Iterable[TrialVerdict], *, profile: str, judged: bool, not_run: list[str], took_s: float
) -> AlertMatrix:
    """Return the matrix of all trials for which servers were started."""
    rows = [_row(trial) for trial in trials if trial.was_run]
    proven = [row for row in rows if not row.unproven]
    missed = [_entry(row, one) for row in proven for one in row.alerts if one.missed]
    false = [_entry(row, one) for row in proven for one in row.alerts if one.false]
    outcome: Outcome = (
        "violated"
        if missed or false
        else "inconclusive"
        if len(proven) < len(rows) or not rows or any(row.failed_rules for row in rows)
        else "pass"
    )
    return AlertMatrix(
        outcome=outcome,
        profile=profile,
        judged=judged,
        rows=rows,
        missed=missed,
        false=false,
        silent=[
            row.scenario
            for row in proven
            if not row.failed_rules and all(one.delivered_ms is None for one in row.alerts)
        ],
        failed_rules=list(_failed_rules(rows)),
        not_run=not_run,
        took_s=round(took_s, 1),
    )


def _row(trial: TrialVerdict) -> MatrixRow:
    unproven = [one.reason for one in trial.objectives if one.name == "missed_alerts" and one.outcome == "inconclusive"]
    return MatrixRow(
        scenario=trial.label,
        faults=list(dict.fromkeys(fault.name for fault in trial.faults)),
        alerts=trial.alerts,
        unproven=trial.unmonitored or (unproven[0] if unproven else ""),
        failed_rules=trial.failed_rules,
        trial=trial.outcome,
        run_dir=trial.run_dir,
    )


def _entry(row: MatrixRow, one: AlertResult) -> MatrixEntry:
    return MatrixEntry(scenario=row.scenario, alert=one.alert, fired_ms=one.fired_ms, run_dir=row.run_dir)


def _failed_rules(rows: Iterable[MatrixRow]) -> Iterator[UncomputedRule]:
    """Yield each rule once with each thing that was said of it, and the scenarios in which it was."""
    scenarios: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in rows:
        for one in row.failed_rules:
            scenarios[one.rule, one.error].append(row.scenario)
    for (rule, error), names in sorted(scenarios.items()):
        yield UncomputedRule(rule=rule, error=error, scenarios=names)
