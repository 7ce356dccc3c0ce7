"""The plan's objectives against what was measured. What could not be measured is inconclusive, never met.

==========================  =========================================================================================
lost_writes                 acknowledged writes lost
lost_operations             acknowledged operations with a model lost
failover                    ms from the fault to the first acknowledged write on the new primary
write_gap                   ms without an acknowledgement, of the client in scope that had it worst
writes_resume_after_heal    ms from the beginning of the last heal to a client's next acknowledged write that was kept, the slowest in scope
convergence                 ms from the beginning of the last heal until the deployment has converged
no_failover                 failovers announced
full_syncs                  replicas that began to copy everything after the first fault
missed_alerts               expected alerts that did not fire, or that no receiver had, in time
false_alerts                alerts that fired though nothing in the trial justifies it
failed_steps                steps of a change that failed, or whose undo left something else than before
all_failed_over             ms from the first fault until a majority of the Sentinels gave a new address for every monitored primary
==========================  =========================================================================================

A time limit that was missed by no more than the machine itself stalled is inconclusive, and so is everything but a loss that was missed
while servers had to wait for a processor. Where writes never resumed, the value is the time for which clients went on trying, and the
objective is violated however short that was.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from jsquared.check.all_primaries import group_failovers, sentence, waited_ms
from jsquared.check.change_steps import judge_steps
from jsquared.check.checker import Findings, Note, crash_text
from jsquared.check.failover_time import REFUSED_FROM_MS, missing_failover
from jsquared.check.missed_alerts import silence
from jsquared.check.refusals import sentence as refused
from jsquared.check.resyncs import full_syncs
from jsquared.check.timeline import Timeline
from jsquared.check.write_gap import loads
from jsquared.clock import NS_PER_MS
from jsquared.records import history as h
from jsquared.records.plan import PlannedObjective
from jsquared.records.run_directory import TrialRecord
from jsquared.records.verdict import REFUSED, ClientGap, LossGroup, ObjectiveResult, Outcome
from jsquared.text import counted, duration, listed, seconds

ROUNDED_MS = 100.0
"""Durations of over 10 s are told to the tenth of a second."""
MOST_KINDS = 3
"""A sentence with more kinds of operations is not read."""
LOSSES = ("lost_writes", "lost_operations")
"""What no slowness of the machine explains."""


@dataclass(frozen=True)
class Question:
    """One objective with all that may answer it."""

    timeline: Timeline
    findings: Findings
    objective: PlannedObjective

    @property
    def clients(self) -> tuple[str, ...]:
        """The clients in scope: those named, else all."""
        return self.objective.clients or tuple(client.name for client in self.timeline.record.plan.clients)


@dataclass(frozen=True)
class Answer:
    """A measurement as a number and in words; ``outcome`` where the number alone does not decide."""

    value: float | None
    text: str
    outcome: Outcome | None = None


def evaluate(record: TrialRecord, findings: Findings) -> list[ObjectiveResult]:
    """The result of every objective of the plan, in the plan's order."""
    timeline = Timeline.of(record)
    return [_result(Question(timeline, findings, objective)) for objective in record.plan.objectives]


def _result(question: Question) -> ObjectiveResult:
    objective = question.objective
    answer = _answer(question)
    outcome, reason = _outcome(question, answer)
    return ObjectiveResult(
        name=objective.name,
        limit=objective.limit,
        value=None if answer.value is None else round(answer.value, 3),
        unit=objective.unit,
        outcome=outcome,
        reason=reason,
        standard_limit=objective.standard_limit,
        set_by=objective.set_by,
    )


def _answer(question: Question) -> Answer:
    measure = MEASURES.get(question.objective.name)
    if measure is None:
        known = ", ".join(MEASURES)
        return Answer(None, f"the objective '{question.objective.name}' is unknown (known: {known})")
    try:
        return measure(question)
    except Exception as problem:  # noqa: BLE001, RUF100 -- an objective that cannot be evaluated must not hide the others
        return Answer(None, crash_text(question.objective.name, problem))


def _outcome(question: Question, answer: Answer) -> tuple[Outcome, str]:
    """Return the outcome of a violated limit; an overloaded machine excuses everything but a loss, which slowness does not explain."""
    outcome, text = _unexcused(question, answer)
    starved = question.findings.starved
    if outcome == "violated" and starved and question.objective.name not in LOSSES:
        return "inconclusive", f"{text}, but {starved}"
    return outcome, text


def _unexcused(question: Question, answer: Answer) -> tuple[Outcome, str]:
    limit, stall = question.objective.limit, question.findings.stall_ms
    if answer.outcome is not None:
        return answer.outcome, answer.text
    if answer.value is None:
        return "inconclusive", answer.text
    if answer.value <= limit:
        return "pass", answer.text
    over = f"{answer.text}, over the limit of {_over(answer.value, limit, question.objective.unit)}"
    text = answer.text if question.objective.unit == "alerts" and limit == 0 else over
    if question.objective.name in LOSSES:
        return "violated", answer.text if limit == 0 else text
    timed = question.objective.unit == "ms"
    stall += question.findings.short_stalls_ms if timed else 0.0
    if stall and (not timed or answer.value - stall <= limit):
        return "inconclusive", f"{text}, but the machine itself stalled for {duration(stall)}"
    return "violated", text


def _over(value: float, limit: float, unit: str) -> str:
    """The limit, and by how much it was missed where the rounded value hides that."""
    if unit != "ms":
        return f"{limit:,.0f} {unit}"
    hidden = value - limit < ROUNDED_MS
    return f"{duration(limit)}{f' by {duration(value - limit)}' if hidden else ''}"


# --- What is measured for each objective.


def _lost_writes(question: Question) -> Answer:
    writes = question.findings.writes
    if writes is None or writes.lost is None:
        return Answer(None, "the number of lost writes is unknown")
    of = f"{writes.lost:,} of {counted(writes.acknowledged, 'acknowledged write')}"
    if not writes.lost:
        return Answer(0, f"lost {of}")
    causes = "; ".join(_cause_line(question.timeline, group) for group in _merged(question.findings.losses))
    return Answer(writes.lost, f"lost {of}: {causes}" if causes else f"lost {of}")


def _lost_operations(question: Question) -> Answer:
    operations = question.findings.operations
    if operations is None:
        return Answer(None, "no operation with a model was given")
    if operations.lost is None:
        return Answer(None, "the number of lost operations is unknown")
    of = f"{operations.lost:,} of {counted(operations.acknowledged, 'acknowledged operation')}"
    if not operations.lost:
        return Answer(0, f"lost {of}")
    kinds = _told_kinds({name: kind.lost for name, kind in operations.kinds.items() if kind.lost})
    causes = "; ".join(_cause_line(question.timeline, group) for group in _merged(question.findings.operation_losses))
    return Answer(operations.lost, f"lost {of} ({kinds}){f': {causes}' if causes else ''}")


def _told_kinds(lost: Mapping[str, int]) -> str:
    """The kinds that lost most, and how many others there are: a table of the report has all."""
    most = sorted(lost.items(), key=lambda item: -item[1])
    told = [f"{number:,} of {name}" for name, number in (most if len(most) <= MOST_KINDS + 1 else most[:MOST_KINDS])]
    more = len(most) - len(told)
    return ", ".join(told) + (f" and {more} other kinds" if more else "")


def _merged(groups: list[LossGroup]) -> list[tuple[str, str, float, float, int]]:
    """Losses by cause and node, over all clients and faults: cause, node, first, last, count; the largest first."""
    spans: dict[tuple[str, str], tuple[float, float, int]] = {}
    for group in groups:
        key = (group.cause, group.node)
        first, last, count = spans.get(key, (group.first_ms, group.last_ms, 0))
        spans[key] = (min(first, group.first_ms), max(last, group.last_ms), count + group.count)
    lines = [(cause, node, *span) for (cause, node), span in spans.items()]
    return sorted(lines, key=lambda line: -line[4])


RESTARTS = ("empty restart", "rolled-back restart")
"""Causes that are the restart of a node."""


def _cause_line(timeline: Timeline, line: tuple[str, str, float, float, int]) -> str:
    """Describe a cause, its node and when the writes were acknowledged; of a restart, its time too."""
    cause, node, first, last, _ = line
    span = f"between {seconds(first)} and {seconds(last)}"
    restart = next((one for one in timeline.restarts(node) if one.started_ms >= last), None)
    if cause in RESTARTS and restart:
        return f"{cause} of {node} at {seconds(restart.started_ms)}, acknowledged {span}"
    return f"{cause} on {node} {span}"


def _failover(question: Question) -> Answer:
    failover, timeline = question.findings.failover, question.timeline
    if question.findings.failovers is None:
        return Answer(None, "it is not known whether a failover happened")
    if failover is None:
        if not timeline.record.plan.expect_failover:
            return Answer(None, "no failover happened, and none was planned")
        note = missing_failover(timeline)
        return Answer(None, note.text, note.outcome)
    change = f"failover from {failover.old} to {failover.new}"
    phases = failover.phases_ms or {}
    if failover.total_ms is not None:
        held = f", {duration(phases[REFUSED])} of it because {refused(failover.refusals)}" if REFUSED in phases else ""
        return Answer(failover.total_ms, f"the {change} took {duration(failover.total_ms)}{held}")
    text = f"after the {change} no client in scope had a write acknowledged on it within {duration(failover.waited_ms)}"
    text += f": {refused(failover.refusals)}" if failover.refusals else ""
    return _never(question, failover.waited_ms, text)


def _never(question: Question, waited_ms: float, text: str) -> Answer:
    """It never happened: violated in a whole trial; in one cut short, only where the limit had passed."""
    whole = question.timeline.complete or waited_ms > question.objective.limit
    return Answer(waited_ms, text, "violated" if whole else "inconclusive")


def _write_gap(question: Question) -> Answer:
    gaps = {gap.client: gap for gap in question.findings.gaps}
    missing = [client for client in question.clients if client not in gaps]
    if missing or not question.clients:
        return Answer(
            None, f"{missing[0]} has no write gap, since it wrote nothing" if missing else "there are no clients"
        )
    worst = max((gaps[client] for client in question.clients), key=lambda gap: (_unended(question, gap), gap.gap_ms))
    when = f"{duration(worst.gap_ms)} (from {seconds(worst.from_ms)} to {seconds(worst.until_ms)})"
    if _unended(question, worst):
        text = f"writes of {worst.client} never resumed: it waited {when}"
        return _never(question, worst.gap_ms, f"{text}{_while_refused(worst)}")
    return Answer(worst.gap_ms, f"{worst.client} had no write acknowledged for {when}{_while_refused(worst)}")


def _while_refused(gap: ClientGap) -> str:
    """Add what servers answered for so long in a gap that it is part of the cause."""
    long = [one for one in gap.refusals if one.last_ms - one.first_ms >= REFUSED_FROM_MS]
    return f", while {refused(long)}" if long else ""


def _unended(question: Question, gap: ClientGap) -> bool:
    """True if writes never resumed: more than replies still in flight when the load was stopped."""
    return not gap.resumed and gap.gap_ms > max(1000, 2 * question.timeline.record.plan.workload.operation_timeout_ms)


def _resume(question: Question) -> Answer:
    healed = question.timeline.last_healing_ms
    if healed is None:
        return Answer(None, "nothing was healed, so there is no time by which writes had to resume")
    record = question.timeline.record
    parts = {part.client: part for part in loads(record, question.timeline.phase_ms("load"))}
    missing = [client for client in question.clients if client not in parts]
    if missing or not question.clients:
        return Answer(None, f"{missing[0]} wrote nothing" if missing else "there are no clients")
    resumed = {client: _resumed_after(question.timeline, parts[client].rows, healed) for client in question.clients}
    for client, after in resumed.items():
        if after is None:
            waited = max(parts[client].end_ns / NS_PER_MS - healed, 0.0)
            text = f"writes of {client} never resumed after the heal at {seconds(healed)}: it waited {duration(waited)}"
            return _never(question, waited, text)
    client, slowest = max(
        ((name, after) for name, after in resumed.items() if after is not None), key=lambda item: item[1]
    )
    return Answer(slowest, f"writes of {client} resumed {duration(slowest)} after healing began")


def _resumed_after(timeline: Timeline, rows: slice, healed_ms: float) -> float | None:
    """A write that a deposed primary acknowledged and that is lost is not a service: it does not count as resumed."""
    operations = timeline.record.operations
    kept = operations.outcome[rows] == h.OK
    found = operations.found.get(timeline.final_primary)
    if found is not None:
        kept &= (found[rows] == h.PRESENT) | (found[rows] == h.NOT_READ)
    later = operations.completed_ns[rows][kept]
    later = later[later >= healed_ms * NS_PER_MS]
    return float(later.min()) / NS_PER_MS - healed_ms if len(later) else None


def _convergence(question: Question) -> Answer:
    convergence = question.findings.convergence
    if convergence is None:
        return Answer(None, "it is not known whether the deployment converged")
    if convergence.took_ms is not None:
        return Answer(
            convergence.took_ms,
            f"the deployment had converged {duration(convergence.took_ms)} after healing began",
        )
    text = f"the deployment did not converge: {'; '.join(convergence.problems)}"
    return Answer(convergence.waited_ms, f"{text} (waited {duration(convergence.waited_ms)})", "violated")


def _no_failover(question: Question) -> Answer:
    count = question.findings.failovers
    if count is None:
        return Answer(None, "the number of failovers is unknown")
    text = f"{counted(count, 'failover')} happened"
    if not count and not question.timeline.schedule_played:
        return Answer(0, f"{text} before the trial was cut short", "inconclusive")
    changes = [f"to {change.new} at {seconds(change.first_ms)}" for change in question.timeline.failovers]
    return Answer(count, f"{text} ({', '.join(changes)})" if changes else text)


def _all_failed_over(question: Question) -> Answer:
    timeline = question.timeline
    found = group_failovers(timeline)
    waited = waited_ms(timeline)
    text = sentence(found, waited)
    if all(one.took_ms is not None for one in found):
        return Answer(max((one.took_ms or 0.0 for one in found), default=None), text)
    if not timeline.schedule_played or not all(span.bit for span in timeline.faults):
        return Answer(None, f"{text}, but it is not proven that every fault bit and had its time")
    return Answer(waited, text, "violated")


def _full_syncs(question: Question) -> Answer:
    syncs = full_syncs(question.timeline)
    if syncs is None:
        return Answer(None, "no log mentions a full synchronisation, not even those at the start")
    text = f"{counted(len(syncs), 'full synchronisation')} began"
    if len(syncs) <= question.objective.limit and not question.timeline.schedule_played:
        return Answer(len(syncs), f"{text} before the trial was cut short", "inconclusive")
    began = [f"{sync.node} at {seconds(sync.at_ms)}" for sync in syncs]
    return Answer(len(syncs), f"{text} after the first fault ({', '.join(began)})" if began else text)


def _missed_alerts(question: Question) -> Answer:
    alerts = [one for one in question.findings.alerts if one.expected]
    if question.findings.unmonitored:
        return Answer(None, question.findings.unmonitored)
    missed = [one for one in alerts if one.missed]
    if not missed:
        return Answer(0, f"{counted(len(alerts), 'expected alert')} fired and arrived")
    if not question.timeline.schedule_played:
        return Answer(
            len(missed), f"{counted(len(missed), 'alert')} had not fired when the trial was cut short", "inconclusive"
        )
    return Answer(len(missed), f"missed {counted(len(missed), 'alert')}: {listed([silence(one) for one in missed])}")


def _false_alerts(question: Question) -> Answer:
    if question.findings.unmonitored:
        return Answer(None, question.findings.unmonitored)
    false = [one.alert for one in question.findings.alerts if one.false]
    if not false:
        return Answer(0, "no alert fired without a reason")
    return Answer(len(false), f"{counted(len(false), 'alert')} fired though nothing justifies it: {listed(false)}")


def _failed_steps(question: Question) -> Answer:
    failed, text = judge_steps(question.timeline.record)
    if not failed and not question.timeline.schedule_played:
        return Answer(failed, f"{text} before the trial was cut short", "inconclusive")
    return Answer(failed, text, "violated" if failed else None)


MEASURES: dict[str, Callable[[Question], Answer]] = {
    "lost_writes": _lost_writes,
    "lost_operations": _lost_operations,
    "failover": _failover,
    "write_gap": _write_gap,
    "writes_resume_after_heal": _resume,
    "convergence": _convergence,
    "no_failover": _no_failover,
    "full_syncs": _full_syncs,
    "all_failed_over": _all_failed_over,
    "missed_alerts": _missed_alerts,
    "false_alerts": _false_alerts,
    "failed_steps": _failed_steps,
}


def notes_of(results: list[ObjectiveResult]) -> list[Note]:
    """The objectives that were not met, as notes."""
    return [Note(result.outcome, result.reason) for result in results if result.outcome != "pass"]
