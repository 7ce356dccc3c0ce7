"""Alerts: those that had to fire did and arrived, and no other fired without a reason.

Times count from the first fault on; what fires before it fires without a reason. An alert counts as fired at the first of its kind,
whatever its labels, and at the latest when it was delivered; it had to fire and to arrive within the time that its plan says. Where a part
of the monitoring itself failed, nothing is proven of alerts (:mod:`jsquared.check.alert_doubts`).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from jsquared.check.alert_doubts import failed_rules, told, why_unknown
from jsquared.check.checker import Findings
from jsquared.check.timeline import Timeline
from jsquared.records.alert_events import AlertChanged, AlertDelivered
from jsquared.records.alert_results import AlertResult, ExpectedAlert, PlannedAlerts
from jsquared.records.plan import Plan
from jsquared.records.run_directory import TrialRecord
from jsquared.records.verdict import ObjectiveResult
from jsquared.text import duration

ALWAYS = frozenset({"Watchdog"})
"""Alerts that fire all the time, to show that the way to the receiver is open."""
ALERT_OBJECTIVES = ("missed_alerts", "false_alerts")
"""What is asked of alerts; inconclusive where the monitoring itself failed."""


class Alerts:
    """The alerts of a monitored trial that had to fire did and arrived, and no other fired without a reason."""

    name = "alerts"

    def check(self, record: TrialRecord) -> Findings:
        """Compare what fired and arrived with what the plan expects."""
        findings = Findings()
        planned = record.plan.alerts
        if planned is None:
            return findings
        timeline = Timeline.of(record)
        starts = [span.start_ms for span in timeline.faults]
        if starts:
            findings.alerts = list(_results(record, planned, min(starts)))
            findings.failed_rules = failed_rules(record, min(starts))
        findings.unmonitored = why_unknown(timeline, planned, findings.alerts, findings.failed_rules)
        if not planned.judged:
            findings.facts += [
                *filter(None, [findings.unmonitored if starts else ""]),
                *map(told, findings.failed_rules),
            ]
        return findings


def _results(record: TrialRecord, planned: PlannedAlerts, fault_ms: float) -> Iterable[AlertResult]:
    within = {one.alert: one for one in planned.expected}
    first = _first_times(record, fault_ms)
    last_ms = max((event.t_ms for event in record.events), default=fault_ms) - fault_ms
    for name in sorted({*within, *(alert for alert, state in first if state != "pending")} - ALWAYS):
        fired, delivered = first.get((name, "firing")), first.get((name, "delivered"))
        limit = within.get(name)
        late = limit is not None and _is_late(limit, fired, delivered)
        yield AlertResult(
            alert=name,
            expected=limit is not None,
            within_ms=limit.within_ms if limit else None,
            arrives_within_ms=limit.arrival_ms if limit else None,
            pending_ms=first.get((name, "pending"), fired),
            fired_ms=fired,
            delivered_ms=delivered,
            resolved_ms=_resolved_ms(record, name, fault_ms, last_ms),
            missed=late,
            false=fired is not None and (fired < 0 or not planned.knows(name)) and planned.judged,
        )


def _is_late(limit: ExpectedAlert, fired_ms: float | None, delivered_ms: float | None) -> bool:
    return fired_ms is None or delivered_ms is None or fired_ms > limit.within_ms or delivered_ms > limit.arrival_ms


def _first_times(record: TrialRecord, fault_ms: float) -> dict[tuple[str, str], float]:
    """The first time of each state of each alert, in ms after the first fault; what had ended by then only if it fired before."""
    seen = [(event.alert, event.state, event.t_ms) for event in record.of(AlertChanged)]
    for event in record.of(AlertDelivered):
        if event.status == "firing":  # it may be taken before Prometheus was asked again what fires
            seen += [(event.alert, "firing", event.t_ms), (event.alert, "delivered", event.t_ms)]
    times: dict[tuple[str, str], float] = {}
    for alert, state, t_ms in sorted(seen, key=lambda one: one[2]):
        if state == "firing" or (state in ("pending", "delivered") and t_ms >= fault_ms):
            times.setdefault((alert, state), round(t_ms - fault_ms, 1))
    return times


def _resolved_ms(record: TrialRecord, name: str, fault_ms: float, last_ms: float) -> float | None:
    """Return when the last one of that name ended; None where one still fires at the end, or none ever did."""
    firing: dict[tuple[tuple[str, str], ...], bool] = defaultdict(bool)
    ended = None
    for event in record.of(AlertChanged):
        if event.alert == name and event.state in ("firing", "resolved"):
            firing[tuple(sorted(event.labels.items()))] = event.state == "firing"
            ended = event.t_ms if event.state == "resolved" else ended
    if ended is None or any(firing.values()):
        return None
    return round(min(ended - fault_ms, last_ms), 1)


def proven_alerts(
    plan: Plan, alerts: Iterable[AlertResult], objectives: Sequence[ObjectiveResult]
) -> Iterator[AlertResult]:
    """Yield the alerts, neither missed nor false, nor not so, where the objective that asks for it proves nothing.

    Whoever counts them without a look at the objectives must not take a dead exporter for alerts that were missed. Rules of the user's own
    have no objective: none is asked of them, so none is missed.
    """
    if plan.alerts is None or not plan.alerts.judged:
        yield from alerts
        return
    proven = {result.name for result in objectives if result.outcome != "inconclusive"}
    for one in alerts:
        yield replace(
            one,
            missed=one.missed if "missed_alerts" in proven else None,
            false=one.false if "false_alerts" in proven else None,
        )


def silence(missed: AlertResult) -> str:
    """Say of an alert that was missed what it did instead."""
    allowed = f"allowed: {duration(missed.within_ms or 0.0)}"
    if missed.fired_ms is not None and missed.fired_ms > (missed.within_ms or 0.0):
        return f"{missed.alert} fired after {duration(missed.fired_ms)} ({allowed})"
    if missed.fired_ms is None:
        waited = ", its condition was seen" if missed.pending_ms is not None else ""
        return f"{missed.alert} did not fire{waited} ({allowed})"
    if missed.delivered_ms is None:
        return f"{missed.alert} fired after {duration(missed.fired_ms)} and did not arrive"
    allowed = f"allowed: {duration(missed.arrives_within_ms or missed.within_ms or 0.0)}"
    return f"{missed.alert} arrived after {duration(missed.delivered_ms)} ({allowed})"
