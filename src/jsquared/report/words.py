"""Numbers and sentences for people: how durations, counts and verdicts are written in every report."""

from collections.abc import Sequence

from jsquared.records.alert_results import AlertResult
from jsquared.records.verdict import Advice, ObjectiveResult, Outcome, Refusal, TrialVerdict
from jsquared.text import NONE, counted, duration, listed

OUTCOME_MARKS = {"pass": "✓", "violated": "✗", "inconclusive": "?"}

PHASE_WORDS = {
    "detect": "until the first Sentinel considered the primary down",
    "agree": "until enough Sentinels agreed (quorum)",
    "elect": "until a Sentinel was elected to lead the failover",
    "promote": "until the chosen replica became primary",
    "announce": "until the Sentinels announced the new address",
    "reconnect": "until the first write was acknowledged again",
    "refused": "until the new primary stopped refusing writes",
}


def alert_words(alert: AlertResult) -> str:
    """Return what became of an alert: it is missed or without a reason only where that is proven."""
    if alert.missed:
        return "missed"
    if alert.false:
        return "fired without a reason"
    words = ["expected"] if alert.expected else []
    return ", ".join([*words, *(["not judged"] if alert.missed is None or alert.false is None else [])])


def tally(outcomes: list[Outcome]) -> str:
    """``1 violated, 3 passed``, worst first."""
    said: tuple[tuple[Outcome, str], ...] = (
        ("violated", "violated"),
        ("inconclusive", "inconclusive"),
        ("pass", "passed"),
    )
    return ", ".join(f"{outcomes.count(name)} {word}" for name, word in said if name in outcomes)


def quantity(value: float | None, unit: str) -> str:
    """A value with its unit: milliseconds as a duration, whole numbers without decimals."""
    if value is None:
        return NONE
    if unit == "ms":
        return duration(value)
    number = f"{value:,.0f}" if float(value).is_integer() else f"{value:,.3g}"
    return f"{number} {unit}".rstrip()


def lost(verdict: TrialVerdict) -> str:
    """``0``, ``1,872 of 1,901``, or a dash where losses could not be established."""
    writes = verdict.writes
    if writes.lost is None:
        return NONE
    return f"{writes.lost:,} of {writes.acknowledged:,}" if writes.lost else "0"


def look_at(verdict: TrialVerdict) -> str:
    """Return the first thing to look at: the first reason of a verdict other than a pass, else the tightest objective."""
    if verdict.reasons and verdict.outcome != "pass":
        return verdict.reasons[0]
    tight = max(verdict.objectives, key=used_share, default=None)
    if tight is None or used_share(tight) <= 0:
        return "nothing stands out"
    return f"{objective_name(tight.name)}: {quantity(tight.value, tight.unit)} of {quantity(tight.limit, tight.unit)} allowed"


def objective_name(name: str) -> str:
    """``write_gap`` as people write it."""
    return name.replace("_", " ")


def used_share(objective: ObjectiveResult) -> float:
    """Return the used share of an objective's limit: 0 for nothing (or not measured), above 1 when violated."""
    if objective.value is None:
        return 0.0
    if objective.limit <= 0:
        return 0.0 if objective.value <= objective.limit else 2.0
    return objective.value / objective.limit


def headline(verdict: TrialVerdict) -> str:
    """One sentence on what clients felt: time without service and writes lost."""
    writes = verdict.writes
    if verdict.is_static:
        return _configuration(verdict)
    if verdict.proven_by:
        return "It was not run: its outcome follows from the configuration, which the static analysis has read."
    if any(objective.name == "stand_up" for objective in verdict.objectives):
        return "The deployment did not come up, so nothing could be broken."
    if not writes.attempted:
        return "No write was attempted, so nothing is known about this deployment."
    return f"{_service(verdict)} {_losses(verdict)}"


def lead(verdict: TrialVerdict) -> str:
    """The headline without the losses where a reason below it states them."""
    lost_writes, said = verdict.writes.lost, reasons(verdict)
    own = {one.reason for one in verdict.objectives if one.name == "lost_writes"}
    told = own.intersection(said) or any(f"{lost_writes or 0:,} of " in reason for reason in said)
    return _service(verdict) if lost_writes and verdict.was_run and told else headline(verdict)


def reasons(verdict: TrialVerdict) -> list[str]:
    """The reasons of a verdict without the responsible lines, which have a table of their own."""
    advice = {f"{objective_name(one.objective)}: {one}" for one in verdict.advice}
    return [reason for reason in verdict.reasons if reason not in advice] or verdict.reasons


def advice_rows(verdict: TrialVerdict) -> list[tuple[Advice, str]]:
    """Each responsible line once, with all objectives that it explains."""
    rows: dict[tuple[str, str, str], tuple[Advice, list[str]]] = {}
    for one in verdict.advice:
        rows.setdefault((one.directive, one.where, one.fix), (one, []))[1].append(objective_name(one.objective))
    return [(one, ", ".join(dict.fromkeys(explained))) for one, explained in rows.values()]


def refusal(one: Refusal) -> str:
    """``redis-n3 answered NOREPLICAS 2,252 times, since too few replicas were attached to it``."""
    times = "once" if one.count == 1 else f"{one.count:,} times"
    who = one.node or "an unknown node"
    if one.error == "too few replicas acknowledged":
        return f"too few replicas of {who} confirmed a write in time, {times}"
    return f"{who} answered {one.error} {times}{f', since {one.meaning}' if one.meaning else ''}"


def refused(found: Sequence[Refusal]) -> str:
    """All refusals in one clause, each with the line that demands it; empty where there are none."""
    return listed([f"{refusal(one)}{f' ({one.directive})' if one.directive else ''}" for one in found])


def _configuration(verdict: TrialVerdict) -> str:
    wrong = sum(objective.outcome == "violated" for objective in verdict.objectives)
    said = f"{counted(wrong, 'finding')} against it" if wrong else "no finding against it"
    return f"The configuration was read before anything was started: {said}."


def _service(verdict: TrialVerdict) -> str:
    if verdict.failover_ms is not None:
        return f"Writes resumed {duration(verdict.failover_ms)} after the fault."
    stuck = [gap for gap in verdict.gaps if not gap.resumed]
    if stuck:
        longest = max(gap.gap_ms for gap in stuck)
        who = "No client" if len(stuck) == len(verdict.gaps) else counted(len(stuck), "client") + " no longer"
        return f"{who} had a write acknowledged in the last {duration(longest)} of the load."
    gap = max((gap.gap_ms for gap in verdict.gaps), default=None)
    if gap is None:
        return "No write was acknowledged."
    return f"No failover happened; the longest time without an acknowledged write was {duration(gap)}."


def _losses(verdict: TrialVerdict) -> str:
    writes = verdict.writes
    if writes.lost is None:
        return f"It is unknown whether any of {counted(writes.acknowledged, 'acknowledged write')} was lost."
    if not writes.acknowledged:
        return "There was none to lose."
    if not writes.lost:
        return f"None of {counted(writes.acknowledged, 'acknowledged write')} was lost."
    percent = 100 * writes.lost / writes.acknowledged
    share = f"{percent:.0f} %" if percent >= 10 else f"{percent:.2g} %"
    verb = "was" if writes.lost == 1 else "were"
    return f"{writes.lost:,} of {counted(writes.acknowledged, 'acknowledged write')} {verb} lost ({share})."


_ABORTS = {
    "no-good-slave": "no replica was fit for promotion",
    "not-elected": "it was not elected",
    "slave-timeout": "the replica did not become primary in time",
    "master-timeout": "the failover took too long",
    "x-sdown": "the chosen replica no longer answered",
}


def abort_reason(event: str) -> str:
    """``no replica was fit for promotion (-failover-abort-no-good-slave)``: a Sentinel's reason to give up a failover, and its event."""
    meaning = _ABORTS.get(event.removeprefix("-failover-abort-"), "")
    return f"{meaning} ({event})" if meaning else event
