"""Small run folders with a plan, a clock and a verdict, and no history: what lists, trends and journals read. A millisecond each."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from jsquared.clock import TrialClock
from jsquared.records.alert_results import AlertResult, PlannedAlerts
from jsquared.records.event_types import Phase
from jsquared.records.events import EventLog
from jsquared.records.findings import Finding
from jsquared.records.plan import Engine, Plan
from jsquared.records.run_directory import RunDirectory
from jsquared.records.verdict import ObjectiveResult, Outcome, TrialVerdict, Writes
from jsquared.testing.fake_plan import fake_plan

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""A Monday."""


def at_day(day: int, minute: int = 0) -> datetime:
    """A moment of a day, counted from Monday, 2 March 2026."""
    return NOON + timedelta(days=day, minutes=minute)


def record_run(
    root: Path,
    started: datetime = NOON,
    outcome: Outcome | None = "pass",
    *,
    scenario: str = "primary-crash",
    seed: int = 1,
    failover_ms: float | None = None,
    lost: int | None = 0,
    lines: str = "",
    version: str = "9.1.2",
    findings: Sequence[Finding] = (),
    alerts: Sequence[AlertResult] = (),
    **changes: Any,
) -> Path:
    """Write a run folder and return it; without an ``outcome`` it has no verdict.

    :param lines: more lines of its configuration.
    :param changes: fields of the plan.
    """
    plan = _plan(scenario, seed, lines, version, monitored=bool(alerts), changes=changes)
    folder = root / f"{started:%Y%m%dT%H%M%S}-{plan.label.replace(' on ', '-')}-{seed}"
    run = RunDirectory.create(folder, plan)
    log = EventLog(run.events_file, TrialClock(1_000_000_000, int(started.timestamp() * 10**9)))
    log.add(Phase("done", t_ms=30_000.0))
    log.close()
    if outcome is not None:
        run.write_verdict(_verdict(plan, outcome, failover_ms, lost, findings, alerts))
    return folder


def _plan(scenario: str, seed: int, lines: str, version: str, *, monitored: bool, changes: dict[str, Any]) -> Plan:
    plan = fake_plan()
    return msgspec.structs.replace(
        plan,
        **{
            "scenario": scenario,
            "seed": seed,
            "input_files": {name: text + lines for name, text in plan.input_files.items()},
            "engine": Engine(name="valkey", version=version),
            "alerts": PlannedAlerts(profile="5s", scrape_ms=5000) if monitored else None,
            "command": ("jsquared", "run", scenario, "--deployment", plan.deployment, "--seed", str(seed)),
            **changes,
        },
    )


def _verdict(
    plan: Plan,
    outcome: Outcome,
    failover_ms: float | None,
    lost: int | None,
    findings: Sequence[Finding],
    alerts: Sequence[AlertResult],
) -> TrialVerdict:
    objectives = [_objective("lost_writes", 0, lost, "writes")]
    if failover_ms is not None:
        objectives.insert(0, _objective("failover", 10_000, failover_ms, "ms"))
    reasons = [] if outcome == "pass" else [f"{plan.scenario} was {outcome}"]
    return TrialVerdict.of(
        plan,
        outcome,
        reasons,
        writes=Writes(attempted=1000, acknowledged=990, lost=lost),
        failover_ms=failover_ms,
        objectives=objectives,
        findings=list(findings),
        alerts=list(alerts),
        duration_ms=30_000.0,
    )


def _objective(name: str, limit: float, value: float | None, unit: str) -> ObjectiveResult:
    outcome: Outcome = "inconclusive" if value is None else "violated" if value > limit else "pass"
    return ObjectiveResult(name=name, limit=limit, value=value, unit=unit, outcome=outcome)
