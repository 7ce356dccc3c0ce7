"""The verdict of a trial: what verdict.json holds and ``run --json`` prints.

``violated`` outranks ``inconclusive``, which outranks ``pass``. Nothing becomes ``pass`` by default.
"""

from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from jsquared.errors import EXIT_INCONCLUSIVE, EXIT_PASS, EXIT_VIOLATED
from jsquared.records.alert_results import AlertResult, FailedRule
from jsquared.records.causes import Cause, Unexplained
from jsquared.records.exclusions import Exclusion
from jsquared.records.findings import Finding, Severity
from jsquared.records.plan import Engine, Plan, trial_label

Outcome = Literal["pass", "violated", "inconclusive"]
_RANK: dict[Outcome, int] = {"pass": 0, "inconclusive": 1, "violated": 2}
EXIT_CODES: dict[Outcome, int] = {
    "pass": EXIT_PASS,
    "violated": EXIT_VIOLATED,
    "inconclusive": EXIT_INCONCLUSIVE,
}

PHASES = ("detect", "agree", "elect", "promote", "announce", "reconnect")
"""The phases of every failover's time."""
REFUSED = "refused"
"""A phase after *reconnect*, of failovers whose new primary answered clients with errors before it acknowledged a write."""


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """The outcome of several together; of none: ``inconclusive``, since nothing was shown."""
    return max(outcomes, key=_RANK.__getitem__, default="inconclusive")


class Writes(msgspec.Struct, kw_only=True):
    """Counts of writes over the whole trial. ``lost`` is None where it could not be established."""

    attempted: int = 0
    acknowledged: int = 0
    lost: int | None = None
    unknown: int = 0
    unknown_survived: int | None = None
    failed_but_present: int | None = None


class KindOfOperation(msgspec.Struct, kw_only=True):
    """Counts of the operations of one kind; ``lost`` and ``anomalies`` (keys) are None where no one knows."""

    attempted: int = 0
    acknowledged: int = 0
    unknown: int = 0
    lost: int | None = None
    anomalies: int | None = None


class Anomaly(msgspec.Struct, kw_only=True):
    """Keys that hold what their operations cannot have left: why, and the steps of the operations that it is about."""

    cause: str
    kind: str
    key: str
    database: int
    steps: list[int] = []


class OperationCounts(msgspec.Struct, kw_only=True):
    """Counts of the operations with a model over the whole trial, all of them and by kind.

    ``anomalies`` are keys that hold what nothing but a broken promise explains, lost operations aside. ``unjudged`` are series of which
    no one can say what was done to them.
    """

    attempted: int = 0
    acknowledged: int = 0
    unknown: int = 0
    lost: int | None = None
    anomalies: int | None = None
    unjudged: int = 0
    kinds: dict[str, KindOfOperation] = {}
    found: list[Anomaly] = []
    """Up to 20 of the keys that hold less or otherwise than they should."""


class ObjectiveResult(msgspec.Struct, kw_only=True):
    """One objective and what was measured against it; ``value`` None means not measurable, which is never a pass."""

    name: str
    limit: float
    value: float | None
    unit: str
    outcome: Outcome
    reason: str = ""
    standard_limit: float | None = None
    """The scenario's own limit, where a team's settings ask for another one; None where they do not."""
    set_by: str = ""
    """The file and line of the settings that ask for ``limit``; empty where the scenario does."""

    @property
    def is_laxer(self) -> bool:
        """True if a team's settings allow more than the scenario does."""
        return self.standard_limit is not None and self.limit > self.standard_limit


class FaultResult(msgspec.Struct, kw_only=True):
    """One fault of the schedule with the proofs that it bit and that it healed."""

    id: str
    name: str
    targets: list[str]
    started_ms: float | None
    healed_ms: float | None
    bit: bool
    healed: bool
    evidence: str = ""
    heal_evidence: str = ""


class LossGroup(msgspec.Struct, kw_only=True):
    """Lost acknowledged writes that share a cause, an acknowledging node and a client."""

    cause: str
    explanation: str
    node: str
    client: str
    count: int
    first_ms: float
    last_ms: float
    fault: str = ""
    keys: list[str] = []
    """Up to 20 of the lost keys."""


class Advice(msgspec.Struct, frozen=True, kw_only=True):
    """A change to try for an objective that was violated: the responsible directive and the replacement."""

    objective: str
    rule: str
    """The rule of the static analysis that knows the directive."""
    directive: str
    where: str
    message: str
    fix: str
    try_with: tuple[str, ...] = ()
    """The same as arguments of ``--with``, where that can express it."""
    severity: Severity = "info"
    effect: str = ""
    """What the change is predicted to do, in figures; empty where the rule predicts none."""

    def __str__(self) -> str:
        place = f" ({self.where})" if self.where else ""
        tried = "".join(f" --with '{argument}'" for argument in self.try_with)
        attempt = f"; try {self.fix}" if self.fix else ""
        return f"responsible: {self.directive}{place}{attempt}{f', or at once with{tried}' if tried else ''}"


class NotRun(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario of a suite that could not be run, and why: it is neither passed nor failed."""

    scenario: str
    reason: str


class UnfinishedTrial(msgspec.Struct, frozen=True, kw_only=True):
    """A trial that was asked for and has no verdict here, since its run was ended early."""

    scenario: str
    master_name: str = ""
    """The monitored primary that it is about; empty for a static check."""
    label: str
    """The scenario, with the primary's name where several are monitored."""
    seed: int
    run_dir: str | None = None
    """What it has recorded, for ``jsquared check``; None where it was not begun."""


class Refusal(msgspec.Struct, kw_only=True):
    """Writes that a node answered with the same error, and so did not acknowledge."""

    node: str
    error: str
    """Its first word, as the history names it: ``NOREPLICAS`` …"""
    count: int
    first_ms: float
    last_ms: float
    directive: str = ""
    """The line of its configuration that demands it, where one does."""
    meaning: str = ""
    """What the error says of the node."""


class TwoPrimaries(msgspec.Struct, kw_only=True):
    """A time in which a node called itself primary beside the one that the Sentinels had promoted."""

    node: str
    beside: str
    """The primary of that time."""
    from_ms: float
    until_ms: float
    acknowledged: int
    """Writes that ``node`` acknowledged in that time."""
    lost: int | None
    """How many of them were lost; None where no one knows."""
    explanation: str
    """One sentence: since when, how long, and what it did or why it did no harm."""


class ClientGap(msgspec.Struct, kw_only=True):
    """The longest time in which a client had no write acknowledged, once load had begun and until it ended."""

    client: str
    gap_ms: float
    from_ms: float
    until_ms: float
    resumed: bool
    """False when no write was acknowledged any more after ``from_ms``; ``until_ms`` is then the end of load."""
    refusals: list[Refusal] = []
    """What servers answered the client in that time."""


class TrialVerdict(msgspec.Struct, kw_only=True):
    """Everything that one trial showed."""

    format: int = 1
    scenario: str
    master_name: str = ""
    """The monitored primary that the trial was about; empty for a static check, which is about all of them."""
    monitored_primaries: int = 1
    """How many primaries the deployment's Sentinels monitor."""
    seed: int
    outcome: Outcome
    reasons: list[str]
    deployment: str
    engine: Engine
    sandbox: str
    ack: str
    writes: Writes
    failover_ms: float | None
    phases_ms: dict[str, float] | None
    phase_marks_ms: dict[str, float] = {}
    """Where each phase ended, on the trial's clock; ``fault`` is where the first began."""
    refusals: list[Refusal] = []
    """What the new primary answered before it acknowledged the first write (the phase *refused*)."""
    two_primaries: list[TwoPrimaries] = []
    """When two nodes called themselves primary, in time order."""
    objectives: list[ObjectiveResult]
    faults: list[FaultResult]
    losses: list[LossGroup] = []
    operations: OperationCounts = msgspec.field(default_factory=OperationCounts)
    """Of the operations with a model."""
    operation_losses: list[LossGroup] = []
    """Lost operations with a model, as ``losses``."""
    gaps: list[ClientGap] = []
    alerts: list[AlertResult] = []
    """What became of each alert that fired, or had to, where the trial was monitored."""
    unmonitored: str = ""
    """Why nothing, or not everything, is known of alerts; empty where monitoring did its work, and where a trial was not monitored."""
    failed_rules: list[FailedRule] = []
    """Of a monitored trial, the rules that Prometheus could not compute after the first fault: their silence says nothing."""
    facts: list[str] = []
    """Things measured that no objective asks for, one sentence each."""
    advice: list[Advice] = []
    """For each violated objective whose cause the configuration explains: the directive and the line to try."""
    findings: list[Finding] = []
    """Of a static check: what it found; of another trial: what the static analysis says is violated."""
    not_reproduced: list[str] = []
    """What of the user's deployment was not reproduced here, so that this verdict does not cover it."""
    laxer: list[str] = []
    """The limits that a team's settings allow beyond the scenario's own, one sentence each."""
    exclusions: list[Exclusion] = []
    """The scenarios that the team's settings exclude from suites."""
    unexpected: str = ""
    """Of a trial that passed although its scenario is known to be violated by this deployment: that it did."""
    disturbed_ms: float = 0.0
    """How long the machine itself stood still while it mattered; more than 0 and the times are not Redis' alone."""
    attempts: int = 1
    """How often the trial was run until one was not disturbed by the machine, or there were enough of them."""
    repeats: list[str] = []
    """Of each earlier attempt in one sentence its outcome, and why it was run again."""
    duration_ms: float
    run_dir: str = ""
    proven_by: str = ""
    """Of a trial that was not run, since the static analysis proves it violated: the rule that does."""
    command: list[str] = []
    """The command line that runs this trial again."""

    @classmethod
    def of(cls, plan: Plan, outcome: Outcome, reasons: list[str], **shown: Any) -> "TrialVerdict":
        """A verdict on a plan; ``shown`` are the fields of what was measured, where something was."""
        nothing: dict[str, Any] = {
            "engine": plan.engine, "writes": Writes(), "failover_ms": None, "phases_ms": None, "objectives": [], "faults": [],
            "duration_ms": 0.0,
        }  # fmt: skip
        return cls(
            scenario=plan.scenario,
            master_name=plan.master_name,
            monitored_primaries=len(plan.master_names),
            seed=plan.seed,
            outcome=outcome,
            reasons=reasons,
            deployment=plan.deployment,
            sandbox=plan.sandbox,
            ack=str(plan.ack),
            not_reproduced=list(plan.not_reproduced),
            laxer=plan.laxer_limits,
            exclusions=list(plan.exclusions),
            proven_by=plan.proven_by,
            command=list(plan.command),
            **{**nothing, **shown},
        )

    @property
    def is_static(self) -> bool:
        """True if it is the verdict of a static check, for which no server was started."""
        return any(objective.name == "configuration" for objective in self.objectives)

    @property
    def was_run(self) -> bool:
        """True if servers were started for it: neither a static check nor proven violated beforehand."""
        return not (self.is_static or self.proven_by)

    @property
    def label(self) -> str:
        """The scenario, with the primary that it was run for where several are monitored."""
        return trial_label(self.scenario, self.master_name, self.monitored_primaries)


def outcome_of_run(
    trials: Iterable[TrialVerdict], findings: Iterable[Finding], unfinished: Iterable[UnfinishedTrial] = ()
) -> Outcome:
    """The worst outcome of all trials; where the static analysis finds a violation, a run is no pass whatever its trials show.

    Nor is one that was ended early: what did not finish has shown nothing.
    """
    outcomes = [trial.outcome for trial in trials]
    found: list[Outcome] = ["violated"] if any(finding.outcome == "violated" for finding in findings) else []
    missing: list[Outcome] = ["inconclusive" for _ in unfinished]
    return worst([*outcomes, *found, *missing])


class RunVerdict(msgspec.Struct, kw_only=True, omit_defaults=False):
    """The document of ``run --json``: all trials, the worst outcome among them and the findings, and remarks on all of them."""

    outcome: Outcome
    trials: list[TrialVerdict]
    findings: list[Finding] = []
    """What the static analysis found in the deployment's configuration, before anything was started."""
    not_run: list[NotRun] = []
    """Scenarios of the suite that this deployment, engine or machine cannot have."""
    exclusions: list[Exclusion] = []
    """The scenarios that the team's settings exclude from suites, and what became of each exclusion in this run."""
    causes: list[Cause] = []
    """The lines that explain the violated trials, those that explain most first; each trial is under one of them."""
    unexplained: list[Unexplained] = []
    """The violated trials that no line explains."""
    not_reproduced: list[str] = []
    """What of the user's deployment cannot be reproduced here."""
    interrupted: bool = False
    """True if the user stopped the run before all of its trials had finished."""
    stopped_after: str | None = None
    """The violated trial after which ``--fail-fast`` stopped the run; None where it did not."""
    unfinished: list[UnfinishedTrial] = []
    """Trials that did not finish, or did not begin, since the run was ended early: by the user or by ``--fail-fast``."""
    engine_before: Engine | None = None
    """The engine of the last run in the same folder, where ``--engine auto`` has now chosen another one."""
    summary: list[dict[str, Any]] | msgspec.UnsetType = msgspec.UNSET
    report: str | None = None

    def unreported(self) -> list[Finding]:
        """The violated findings that no static check among the trials reports, so that the run has to."""
        reported = {finding.rule for trial in self.trials if trial.is_static for finding in trial.findings}
        return [one for one in self.findings if one.outcome == "violated" and one.rule not in reported]
