"""From a record to a verdict: every checker, every objective, and the worst outcome of all.

``violated`` outranks ``inconclusive``, which outranks ``pass``. A trial passes only where every objective was measured and met, every
fault bit and healed, there was enough load, no checker crashed, and nothing contradicts the configuration's own text. A trial that was
cut short is inconclusive, unless what there is of it already proves a violation.

One thing outranks all: a trial whose processes someone outside ended proves nothing, whatever it shows. What it would have violated is
said, and not held against the deployment (docs/decisions/0012-killed-from-outside.md).
"""

from collections.abc import Sequence

from msgspec.structs import replace

from jsquared.check.ack_level import AckLevel
from jsquared.check.advice import advise
from jsquared.check.announcements import Announcements
from jsquared.check.change_steps import ChangeSteps
from jsquared.check.checker import Checker, Findings, Note, crash_text, run_safely
from jsquared.check.contradictions import contradictions, not_run_as_written, unexpected, violated
from jsquared.check.convergence import ConvergenceChecker
from jsquared.check.disturbance import Disturbance
from jsquared.check.elections import Elections
from jsquared.check.ends import ProcessEnds
from jsquared.check.failover_time import FailoverTimeChecker
from jsquared.check.fault_evidence import FaultEvidence
from jsquared.check.floating_addresses import FloatingAddresses
from jsquared.check.guards import Guards
from jsquared.check.last_words import LastWords
from jsquared.check.leftovers import Leftovers
from jsquared.check.load_sufficiency import LoadSufficiency
from jsquared.check.log_alarms import LogAlarms
from jsquared.check.lost_operations import LostOperations
from jsquared.check.lost_writes import LostWrites
from jsquared.check.missed_alerts import ALERT_OBJECTIVES, Alerts, proven_alerts
from jsquared.check.needless_copies import NeedlessCopies
from jsquared.check.objectives import evaluate, notes_of
from jsquared.check.orders import Orders
from jsquared.check.outages import Outages
from jsquared.check.phase_times import PhaseTimes
from jsquared.check.promotions import Promotions
from jsquared.check.proven import judge_proven
from jsquared.check.replica_reads import ReplicaReads
from jsquared.check.replies import Replies
from jsquared.check.same_contents import SameContents
from jsquared.check.sentinel_memory import SentinelMemory
from jsquared.check.service_again import ServiceAgain
from jsquared.check.stale_reads import StaleReads
from jsquared.check.stand_up import failure, judge_stand_up
from jsquared.check.static_check import judge_statically, sentence
from jsquared.check.two_primaries import TwoPrimariesAtOnce
from jsquared.check.write_gap import WriteGap
from jsquared.records.attempt_events import Repeated
from jsquared.records.completeness import ENDINGS
from jsquared.records.event import Event
from jsquared.records.event_types import Phase
from jsquared.records.findings import Finding
from jsquared.records.run_directory import TrialRecord
from jsquared.records.verdict import ObjectiveResult, OperationCounts, Outcome, TrialVerdict, Writes, worst
from jsquared.text import counted


class WholeTrial:
    """The trial ran to its end."""

    name = "whole trial"

    def check(self, record: TrialRecord) -> Findings:
        """Look for the last phase."""
        findings = Findings()
        phases = [event.phase for event in record.of(Phase)]
        if "done" not in phases:
            how = "interrupted by a signal" if "interrupted" in phases else "cut short"
            reached = [phase for phase in phases if phase not in ENDINGS]
            findings.unfinished.append(f"the trial was {how}{f' after the phase {reached[-1]}' if reached else ''}")
        return findings


CHECKERS: tuple[Checker, ...] = (
    WholeTrial(),
    FaultEvidence(),
    LostWrites(),
    LostOperations(),
    SameContents(),
    Leftovers(),
    FailoverTimeChecker(),
    WriteGap(),
    ConvergenceChecker(),
    LoadSufficiency(),
    Disturbance(),
    AckLevel(),
    Outages(),
    ServiceAgain(),
    Promotions(),
    TwoPrimariesAtOnce(),
    Announcements(),
    Guards(),
    PhaseTimes(),
    LogAlarms(),
    Elections(),
    SentinelMemory(),
    LastWords(),
    Orders(),
    NeedlessCopies(),
    StaleReads(),
    Replies(),
    ReplicaReads(),
    FloatingAddresses(),
    Alerts(),
    ChangeSteps(),
)


def judge(record: TrialRecord, checkers: Sequence[Checker] = CHECKERS) -> TrialVerdict:
    """The verdict on a trial, from its record alone; never raises for what a record may lack.

    ``reasons`` names what is not as it should be, violations first; for a pass it is one line that sums up what was shown.
    """
    if record.plan.rules:
        return judge_statically(record)
    if record.plan.proven_by:
        return judge_proven(record)
    findings = run_safely(ProcessEnds(), record)
    if (failed := failure(record)) is not None and not findings.unprovable:
        return judge_stand_up(record, failed)
    for checker in checkers:
        findings.merge(run_safely(checker, record))
    objectives = _objectives(record, findings)
    if not objectives:
        findings.inconclusive("no objective was evaluated, so nothing can pass")
    unfinished = [Note("inconclusive", text) for text in findings.unfinished]
    notes = [*unfinished, *notes_of(objectives), *findings.notes]
    if findings.unprovable:
        objectives, notes = _set_aside(findings, objectives, notes)
    if not notes:
        notes = [*contradictions(record.plan, findings), *not_run_as_written(record.plan)]
    return _verdict(record, findings, objectives, notes)


def _set_aside(
    findings: Findings, objectives: list[ObjectiveResult], notes: list[Note]
) -> tuple[list[ObjectiveResult], list[Note]]:
    """Objectives and notes of a trial that proves nothing: its one reason is why, and what it seems to have violated is a fact."""
    findings.facts += [f"noted, but not counted: {note.text}" for note in notes if note.outcome == "violated"]
    findings.stall_ms = findings.short_stalls_ms = findings.starved_ms = 0.0  # running it again is not what it needs
    kept = [
        replace(result, outcome="inconclusive") if result.outcome == "violated" else result for result in objectives
    ]
    return kept, [Note("inconclusive", text) for text in findings.unprovable]


def _objectives(record: TrialRecord, findings: Findings) -> list[ObjectiveResult]:
    try:
        return evaluate(record, findings)
    except Exception as problem:  # noqa: BLE001, RUF100 -- a crash here is inconclusive like that of any checker
        findings.inconclusive(crash_text("objectives", problem))
        return []


def _verdict(
    record: TrialRecord, findings: Findings, objectives: list[ObjectiveResult], notes: list[Note]
) -> TrialVerdict:
    plan, failover, repeats = record.plan, findings.failover, [event.reason for event in record.of(Repeated)]
    outcome = worst([*(result.outcome for result in objectives), *(note.outcome for note in notes)])
    advice = advise(plan, objectives, findings)
    crashes = findings.crashes if notes else []
    passed = [_summary(objectives), *plan.laxer_limits, *map(_against_configuration, violated(plan))]
    return TrialVerdict.of(
        plan,
        outcome=outcome,
        engine=record.placement.engine,
        reasons=[
            *_reasons(notes),
            *crashes,
            *dict.fromkeys(f"{one.objective.replace('_', ' ')}: {one}" for one in advice),
        ]
        or passed,
        writes=findings.writes or Writes(),
        operations=findings.operations or OperationCounts(),
        failover_ms=failover.total_ms if failover else None,
        phases_ms=failover.phases_ms if failover else None,
        phase_marks_ms=failover.marks_ms if failover else {},
        refusals=failover.refusals if failover else [],
        two_primaries=findings.two_primaries,
        objectives=objectives,
        faults=findings.faults,
        losses=findings.losses,
        operation_losses=findings.operation_losses,
        gaps=findings.gaps,
        alerts=list(proven_alerts(plan, findings.alerts, objectives)),
        unmonitored=findings.unmonitored,
        failed_rules=findings.failed_rules,
        facts=[*findings.facts, *_facts(findings, objectives), *(crash for crash in findings.crashes if not crashes)],
        advice=advice,
        findings=violated(plan),
        unexpected=unexpected(plan) if outcome == "pass" else "",
        disturbed_ms=_disturbed_ms(findings, _outcome_but_alerts(findings, objectives, notes)),
        attempts=1 + len(repeats),
        repeats=repeats,
        duration_ms=_duration_ms(record.events),
        run_dir=str(record.path),
    )


def _outcome_but_alerts(findings: Findings, objectives: list[ObjectiveResult], notes: list[Note]) -> Outcome:
    """The outcome without the objectives on alerts, where monitoring failed; else the outcome.

    Its failure is no doing of the machine's: it is neither a reason to run the trial again, since a second attempt without it would hide
    it, nor one not to.
    """
    without = ALERT_OBJECTIVES if findings.unmonitored else ()
    return worst(
        [
            "pass",
            *(result.outcome for result in objectives if result.name not in without),
            *(note.outcome for note in notes if not without or note.text != findings.unmonitored),
        ]
    )


def _disturbed_ms(findings: Findings, outcome: Outcome) -> float:
    """Return how long the machine kept the trial from proving something; short or irrelevant stalls count where nothing was proven."""
    if outcome != "inconclusive":
        return findings.stall_ms
    return findings.stall_ms + findings.short_stalls_ms + findings.starved_ms


def _reasons(notes: list[Note]) -> list[str]:
    """Each reason once, violations first."""
    ordered = sorted(notes, key=lambda note: note.outcome != "violated")
    return list(dict.fromkeys(note.text for note in ordered))


def _against_configuration(finding: Finding) -> str:
    return f"the configuration itself violates an objective: {sentence(finding)}"


def _summary(objectives: list[ObjectiveResult]) -> str:
    return f"{counted(len(objectives), 'objective')} met: {'; '.join(result.reason for result in objectives)}"


def _facts(findings: Findings, objectives: list[ObjectiveResult]) -> list[str]:
    facts = []
    writes = findings.writes
    if writes and writes.lost and all(result.name != "lost_writes" for result in objectives):
        facts.append(
            f"{writes.lost:,} of {counted(writes.acknowledged, 'acknowledged write')} were lost, which no objective forbids"
        )
    operations = findings.operations
    if operations and operations.lost and all(result.name != "lost_operations" for result in objectives):
        of = counted(operations.acknowledged, "acknowledged operation")
        facts.append(f"{operations.lost:,} of {of} with a model were lost, which no objective forbids")
    if writes and writes.unknown and writes.unknown_survived is not None:
        facts.append(f"{writes.unknown_survived:,} of {counted(writes.unknown, 'write')} with unknown outcome survived")
    return facts


def _duration_ms(events: list[Event]) -> float:
    return max((event.t_ms for event in events), default=0.0)
