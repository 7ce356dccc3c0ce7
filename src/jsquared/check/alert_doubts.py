"""The reasons why nothing, or not everything, is known of a trial's alerts: what failed of the monitoring, and what kept silent.

A part that failed and a trial that was cut short leave nothing known. A rule that could not be computed looks like one that does not fire.
An exporter that was silent for the time of one scrape excuses what went wrong, and takes nothing from what went right: what fired and
arrived in time did so all the same.
"""

from collections.abc import Iterable, Iterator

from jsquared.check.timeline import Timeline
from jsquared.records.alert_events import ExporterSilent, MonitoringFailed, RuleHealth
from jsquared.records.alert_results import AlertResult, FailedRule, PlannedAlerts
from jsquared.records.run_directory import TrialRecord
from jsquared.text import counted, duration, listed, seconds

MOST_NAMED = 3
"""So many rules are named with their errors in one sentence; the verdict has all."""


def failed_rules(record: TrialRecord, fault_ms: float) -> list[FailedRule]:
    """Return the rules that could not be computed at some time after the first fault, each once, by name."""
    found: dict[str, FailedRule] = {}
    failing: dict[str, set[str]] = {}
    for event in record.of(RuleHealth):
        t_ms = round(event.t_ms - fault_ms, 1)
        groups = failing.setdefault(event.rule, set())
        if not event.ok:
            groups.add(event.group)
            known = found.setdefault(event.rule, FailedRule(rule=event.rule, error=event.error, failed_ms=t_ms))
            known.computed_ms = None
        else:
            groups.discard(event.group)
            if event.rule in found and not groups:
                found[event.rule].computed_ms = t_ms
                if t_ms <= 0:
                    del found[event.rule]
    return [found[name] for name in sorted(found)]


def why_unknown(
    timeline: Timeline, planned: PlannedAlerts, alerts: Iterable[AlertResult], rules: list[FailedRule]
) -> str:
    """Return why nothing, or not everything, is known of the alerts, in one sentence; empty where all is.

    :param rules: those that could not be computed. Of rules of the user's own they are named beside the rest, of which all is known.
    """
    failed = timeline.record.of(MonitoringFailed)
    if failed:
        first = failed[0]
        return f"nothing is known of alerts: {first.part} failed at {seconds(first.t_ms)} ({first.detail})"
    if not planned.judged and not timeline.schedule_played:
        return "not all alerts are known, since the trial was cut short"
    if not timeline.faults:
        return "nothing is known of alerts, since nothing was broken"
    if planned.judged and rules:
        return f"not all alerts are known: {told_together(rules)}"
    if not planned.judged or any(one.missed or one.false for one in alerts):
        return next(_silences(timeline), "")
    return ""


def _silences(timeline: Timeline) -> Iterator[str]:
    """Yield in words when a scrape may have been lost, from the first fault on."""
    begin_ms = min(span.start_ms for span in timeline.faults)
    for event in timeline.record.of(ExporterSilent):
        if event.t_ms > begin_ms:
            yield (
                f"not all alerts are known: until {seconds(event.t_ms)} the exporter did not answer /health for "
                f"{duration(event.silent_ms)}, which may have cost a scrape of every server"
            )


def told_together(rules: list[FailedRule]) -> str:
    """Return in words which rules could not be computed, the first few with their errors."""
    named = listed([f"{one.rule} ({one.error})" for one in rules[:MOST_NAMED]])
    more = f", and {counted(len(rules) - MOST_NAMED, 'other rule')}" if len(rules) > MOST_NAMED else ""
    return f"Prometheus could not compute {named}{more}"


def told(rule: FailedRule) -> str:
    """Return in words when a rule could not be computed, and why."""
    where = "before" if rule.failed_ms < 0 else "after"
    begin = f"from {duration(abs(rule.failed_ms))} {where} the first fault"
    end = "to the end" if rule.computed_ms is None else f"until {duration(rule.computed_ms)} after it"
    return f"Prometheus could not compute {rule.rule} {begin} {end}, so that its silence says nothing: {rule.error}"
