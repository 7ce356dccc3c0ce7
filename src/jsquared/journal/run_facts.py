"""One run folder in a row: what lists, trends, pages and the scorecard know of it.

Read are plan.json, verdict.json, the first line of events.jsonl and the configuration as given. None of it is believed: a folder that is
damaged becomes a row that says so.
"""

import contextlib
import hashlib
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import msgspec

from jsquared.errors import BadInputError
from jsquared.journal.fingerprint import fingerprint, input_texts, overrides
from jsquared.records.findings import FindingOutcome
from jsquared.records.plan import Plan
from jsquared.records.plan_files import PLAN, decode, read_plan
from jsquared.records.reading import ANOTHER, LARGEST_DOCUMENT_BYTES, open_regular, read_bounded
from jsquared.records.verdict import Outcome, TrialVerdict

State = Literal["pass", "violated", "inconclusive", "unfinished", "damaged"]
"""The verdict's outcome; ``unfinished`` without a verdict (killed, interrupted, or still running); ``damaged``."""
STATES: tuple[State, ...] = ("pass", "violated", "inconclusive", "unfinished", "damaged")

VERDICT, EVENTS, KEPT = "verdict.json", "events.jsonl", "kept.json"
_NAME = re.compile(r"(\d{8}T\d{6})-.+")
_STAMP = "%Y%m%dT%H%M%S"
_LONGEST_FIRST_LINE = 4096
_MOST_REASONS, _LONGEST_REASON = 5, 500
_LATEST_S = 4_102_444_800
"""The year 2100: a clock that says more is damaged."""


class ObjectiveFact(msgspec.Struct, frozen=True, kw_only=True):
    """An objective, what was measured, and its outcome."""

    name: str
    value: float | None
    limit: float
    unit: str
    outcome: Outcome


class FoundRule(msgspec.Struct, frozen=True, kw_only=True):
    """A finding of the static analysis that the verdict carries."""

    rule: str
    target: str
    outcome: FindingOutcome
    directive: str
    message: str
    fix: str = ""


class RunFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A run folder in a row. Of a damaged one only ``run``, ``started``, ``state`` and ``problem`` are known."""

    run: str
    """The folder's name."""
    started: datetime
    """When the trial began, UTC."""
    state: State
    problem: str = ""
    """Of a damaged one: what is wrong."""
    scenario: str = ""
    label: str = ""
    """The scenario, with the monitored primary where there are several."""
    title: str = ""
    deployment: str = ""
    fingerprint: str = ""
    """The short name of the configuration."""
    engine: str = ""
    sandbox: str = ""
    ack: str = ""
    seed: int = 0
    is_static: bool = False
    was_run: bool = True
    """Whether servers were started for it."""
    reasons: tuple[str, ...] = ()
    failover_ms: float | None = None
    acknowledged: int = 0
    lost: int | None = None
    """None where no one knows."""
    duration_ms: float = 0.0
    objectives: tuple[ObjectiveFact, ...] = ()
    findings: tuple[FoundRule, ...] = ()
    is_monitored: bool = False
    missed_alerts: tuple[str, ...] = ()
    false_alerts: tuple[str, ...] = ()
    loss_causes: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    verdict_sha256: str = ""
    changes: tuple[str, ...] = ()
    """Directives that its command line changed, with marks for secrets: it tried something, and is not the deployment as it is."""
    kept: str = ""
    """The test record that keeps it; empty where none does."""

    @property
    def kind(self) -> tuple[str, str]:
        """The runs that it is one of: its deployment and its scenario."""
        return self.deployment, self.label


class KeptMark(msgspec.Struct, frozen=True, kw_only=True):
    """``kept.json``: the test record that a run folder is kept for."""

    record: str


def is_run_folder(folder: Path) -> bool:
    """True for a folder of its own, not a link, that has a plan.json, or is called as run folders are and holds some of their files."""
    if folder.is_symlink() or not folder.is_dir():
        return False
    there = [name for name in (PLAN, VERDICT, EVENTS) if (folder / name).exists() or (folder / name).is_symlink()]
    return PLAN in there or bool(there and _NAME.fullmatch(folder.name))


def read_facts(folder: Path) -> RunFacts:
    """Return the row of a run folder, be it damaged."""
    try:
        return _facts(folder)
    except (BadInputError, OSError) as problem:
        what = problem.what if isinstance(problem, BadInputError) else f"unreadable: {problem.strerror or problem}"
        where = Path(problem.where).name if isinstance(problem, BadInputError) and problem.where else ""
        said = f"{where}: {what}" if where and where != folder.name else what
        return RunFacts(run=folder.name, started=_by_name(folder), state="damaged", problem=said[:_LONGEST_REASON])


def _facts(folder: Path) -> RunFacts:
    plan = read_plan(folder)
    texts = input_texts(folder) or dict(plan.input_files)
    sure: dict[str, Any] = {
        "run": folder.name,
        "started": _started(folder),
        "scenario": plan.scenario,
        "label": plan.label,
        "title": plan.title,
        "deployment": plan.deployment,
        "fingerprint": fingerprint(plan, texts),
        "engine": f"{plan.engine.name} {plan.engine.version}",
        "sandbox": plan.sandbox,
        "ack": str(plan.ack),
        "seed": plan.seed,
        "is_static": bool(plan.rules),
        "was_run": plan.starts_servers,
        "command": plan.command,
        "changes": tuple(overrides(plan)),
        "kept": _kept(folder),
    }
    file = folder / VERDICT
    if not file.exists() and not file.is_symlink():
        return RunFacts(**sure, state="unfinished")
    return RunFacts(**{**sure, **_judged(file, plan)})


def _judged(file: Path, plan: Plan) -> dict[str, Any]:
    data = read_bounded(file)
    try:
        verdict = msgspec.json.decode(data, type=TrialVerdict)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise BadInputError(f"damaged: {problem}", where=str(file), hint=ANOTHER) from problem
    if (verdict.scenario, verdict.seed, verdict.deployment) != (plan.scenario, plan.seed, plan.deployment):
        raise BadInputError("damaged: it is the verdict of another plan", where=str(file), hint=ANOTHER)
    return {
        "state": verdict.outcome,
        "reasons": tuple(reason[:_LONGEST_REASON] for reason in verdict.reasons[:_MOST_REASONS]),
        "failover_ms": verdict.failover_ms,
        "acknowledged": verdict.writes.acknowledged,
        "lost": verdict.writes.lost,
        "duration_ms": verdict.duration_ms,
        "objectives": tuple(
            ObjectiveFact(name=one.name, value=one.value, limit=one.limit, unit=one.unit, outcome=one.outcome)
            for one in verdict.objectives
        ),
        "findings": tuple(
            FoundRule(
                rule=one.rule, target=one.target, outcome=one.outcome, directive=one.directive, message=one.message, fix=one.fix
            )
            for one in verdict.findings
        ),
        "is_monitored": plan.alerts is not None,
        "missed_alerts": tuple(one.alert for one in verdict.alerts if one.missed),
        "false_alerts": tuple(one.alert for one in verdict.alerts if one.false),
        "loss_causes": tuple(dict.fromkeys(one.cause for one in verdict.losses)),
        "verdict_sha256": hashlib.sha256(data).hexdigest(),
    }  # fmt: skip


def _kept(folder: Path) -> str:
    file = folder / KEPT
    return decode(file, KeptMark).record if file.exists() or file.is_symlink() else ""


def _started(folder: Path) -> datetime:
    """The zero of the trial's clock on the wall clock, else the time in the folder's name."""
    file = folder / EVENTS
    if not file.exists() and not file.is_symlink():
        return _by_name(folder)
    with open_regular(file, LARGEST_DOCUMENT_BYTES) as events:
        line = events.readline(_LONGEST_FIRST_LINE)
    try:
        zero = msgspec.json.decode(line, type=dict[str, object]).get("zero_unix_ns")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _by_name(folder)
    if not isinstance(zero, int) or not 0 < zero < _LATEST_S * 10**9:
        return _by_name(folder)
    return datetime.fromtimestamp(zero // 10**9, UTC)


def _by_name(folder: Path) -> datetime:
    """The local time in a folder's name, else that of its last change."""
    found = _NAME.fullmatch(folder.name)
    if found:
        with contextlib.suppress(ValueError, OverflowError, OSError):
            return datetime.strptime(found[1], _STAMP).astimezone(UTC)
    changed_s = folder.stat().st_mtime if folder.exists() else 0.0
    return datetime.fromtimestamp(min(max(changed_s, 0), _LATEST_S) // 1, UTC)
