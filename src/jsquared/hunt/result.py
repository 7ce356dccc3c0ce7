"""The result of a hunt: the document that ``hunt --json`` prints, and the sentence that explains what was found."""

import msgspec

from jsquared.analysis.analysis import split_safety_of
from jsquared.analysis.splits import Split
from jsquared.hunt.attempt import AttemptResult, WeaknessKind
from jsquared.hunt.search import Hunt
from jsquared.hunt.shrink import Weakness
from jsquared.hunt.words import consequence, faults_in_words, hosts_in_words, largest_loss
from jsquared.records.plan import PlannedFault
from jsquared.records.verdict import LossGroup, Outcome, TrialVerdict
from jsquared.scenario.targets_at_start import hosts_at_start
from jsquared.text import counted


class FoundSchedule(msgspec.Struct, kw_only=True):
    """The smallest schedule that violates."""

    scenario_file: str
    sentence: str
    kind: WeaknessKind
    faults: list[PlannedFault]
    ack: str
    runs: int
    violations: int
    confirmed: bool
    """Whether it violated again when it was run again; False for what was seen, but not at will."""
    lost: int | None
    acknowledged: int
    lost_operations: int | None
    causes: list[str]
    split: str | None
    """The split of the hosts that it is, where the static analysis names that."""
    prevented_by: str | None
    """The weakest stronger level at which it lost nothing when it was tried."""
    run_dirs: list[str]


class TriedTrial(msgspec.Struct, kw_only=True):
    """One trial of a hunt. ``number`` is that of the schedule in the sequence of draws, None for what was not drawn but shrunk."""

    phase: str
    number: int | None
    schedule: str
    ack: str
    seed: int
    outcome: Outcome
    lost: int | None
    lost_operations: int | None
    reason: str
    run_dir: str


class HuntDocument(msgspec.Struct, kw_only=True):
    """All of a hunt."""

    outcome: Outcome
    deployment: str
    ack: str
    seed: int
    schedules: int
    """Drawn schedules whose trials have ended."""
    tried: int
    """Trials that have ended."""
    budget_ms: int
    took_ms: int
    interrupted: bool
    found: FoundSchedule | None
    trials: list[TriedTrial]


def document_of(hunt: Hunt, scenario_file: str, took_s: float) -> HuntDocument:
    """Return the document of a hunt."""
    found = _found(hunt, hunt.found, scenario_file) if hunt.found else None
    return HuntDocument(
        outcome="violated" if found else "pass" if hunt.judged else "inconclusive",
        deployment=hunt.drawer.deployment.name,
        ack=str(hunt.drawer.ack),
        seed=hunt.drawer.seed,
        schedules=len(hunt.heard),
        tried=len(hunt.tried),
        budget_ms=round(hunt.budget_s * 1000),
        took_ms=round(took_s * 1000),
        interrupted=hunt.interrupted,
        found=found,
        trials=[_trial(tried) for tried in hunt.tried],
    )


def _trial(tried: AttemptResult) -> TriedTrial:
    attempt, verdict = tried.attempt, tried.verdict
    return TriedTrial(
        phase=attempt.phase,
        number=attempt.drawn if attempt.drawn >= 0 else None,
        schedule=faults_in_words(attempt.schedule),
        ack=str(attempt.ack),
        seed=verdict.seed,
        outcome=verdict.outcome,
        lost=verdict.writes.lost,
        lost_operations=verdict.operations.lost,
        reason=tried.error or (verdict.reasons[0] if verdict.reasons else ""),
        run_dir=verdict.run_dir,
    )


def _found(hunt: Hunt, found: Weakness, scenario_file: str) -> FoundSchedule:
    worst = worst_of(found)
    split = split_of(hunt, found)
    verdict = worst.verdict
    return FoundSchedule(
        scenario_file=scenario_file,
        sentence=sentence_of(hunt, found),
        kind=found.kind,
        faults=list(found.schedule),
        ack=str(hunt.drawer.ack),
        runs=found.runs,
        violations=len(found.violating),
        confirmed=found.confirmed,
        lost=verdict.writes.lost,
        lost_operations=verdict.operations.lost,
        acknowledged=verdict.writes.acknowledged,
        causes=sorted({loss.cause for one in found.violating for loss in _losses(one.verdict)}),
        split=str(split) if split else None,
        prevented_by=str(hunt.prevented.ack) if hunt.prevented else None,
        run_dirs=[one.verdict.run_dir for one in found.violating],
    )


def _losses(verdict: TrialVerdict) -> list[LossGroup]:
    return [*verdict.losses, *verdict.operation_losses]


def worst_of(found: Weakness) -> AttemptResult:
    """The run that shows it best: the one that lost most."""
    return max(found.violating, key=lambda tried: tried.lost)


def split_of(hunt: Hunt, found: Weakness) -> Split | None:
    """The breaking split of the static analysis that a found cut is, None where it is none."""
    deployment, split = hunt.drawer.deployment, hunt.drawer.split
    if split is None:
        return None
    servers = {node.host for node in deployment.nodes}
    near = {host for machine in split.primary_side for host in machine.split("+")}
    for fault in found.schedule:
        side = {host for target in fault.targets for host in hosts_at_start(deployment, target)} & servers
        if fault.name == "cut" and not fault.parameters and side == near:
            return split
    return None


EFFECTS: dict[WeaknessKind, str] = {
    "loss": "loses acknowledged writes",
    "no recovery": "leaves the deployment broken",
    "violation": "breaks an invariant",
}


def sentence_of(hunt: Hunt, found: Weakness) -> str:
    """Return a sentence about the weakness: its effect and cause, its certainty, and its prevention."""
    worst = worst_of(found)
    how_often = f"in {len(found.violating)} of {counted(found.runs, 'run')}"
    what = f"With --ack {hunt.drawer.ack}, {faults_in_words(found.schedule)} ({hosts_in_words(worst.verdict)})"
    effect = EFFECTS[found.kind]
    parts = [f"{what} {effect} {how_often}: {consequence(worst.verdict)}."]
    if split := split_of(hunt, found):
        parts.append(f"This is the split {split}, which the static analysis names for this level.")
    parts += _advice(hunt, found)
    return " ".join(parts)


def _advice(hunt: Hunt, found: Weakness) -> list[str]:
    if hunt.prevented is not None:
        return [f"With --ack {hunt.prevented.ack} it lost nothing in {counted(hunt.prevented.runs, 'run')}."]
    if found.kind != "loss":
        return []
    loss = largest_loss(worst_of(found).verdict)
    deployment = hunt.drawer.deployment
    safe = split_safety_of(deployment)[deployment.master_name].lowest_safe
    if loss and loss.cause == "split brain" and safe > hunt.drawer.ack.replicas:
        return [f"By the static analysis, --ack wait:{safe} is the lowest level that no split of the hosts breaks."]
    return []
