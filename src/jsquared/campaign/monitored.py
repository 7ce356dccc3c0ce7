"""Plans of trials that are monitored: the alerts that must fire, and the objectives that ask for them."""

from dataclasses import dataclass

from msgspec.structs import replace

from jsquared.monitor.expected_alerts import LASTING, expected_alerts, lasting_s
from jsquared.monitor.profile import Profile
from jsquared.records.alert_results import PlannedAlerts
from jsquared.records.plan import Plan, PlannedFault, PlannedObjective
from jsquared.scenario.moments import Moment
from jsquared.trial.order import MonitoringOrder

OBJECTIVES = (
    PlannedObjective(
        name="missed_alerts",
        limit=0,
        unit="alerts",
        reason="whoever is on call learns of it from alerts alone, so each must fire and arrive in time",
    ),
    PlannedObjective(
        name="false_alerts",
        limit=0,
        unit="alerts",
        reason="alerts that fire without a reason are soon switched off, and the true ones with them",
    ),
)


@dataclass(frozen=True, kw_only=True)
class AlertsChoice:
    """How trials are monitored. ``options`` are those of the command line that say the same."""

    profile: Profile
    monitoring: MonitoringOrder
    judged: bool
    """Whether the rules are JSquared's own, of which it is known when they must fire."""
    options: tuple[str, ...]


def monitored(plan: Plan, choice: AlertsChoice) -> Plan:
    """The plan of a trial with its alerts; one that is proven beforehand stays as it is."""
    if not plan.starts_servers:
        return plan
    if not choice.judged:
        alerts = PlannedAlerts(profile=choice.profile.name, scrape_ms=choice.profile.scrape_s * 1000, judged=False)
        return replace(plan, alerts=alerts)
    alerts = expected_alerts(plan, choice.profile)
    return replace(plan, alerts=alerts, faults=_lasting(plan, alerts), objectives=(*plan.objectives, *OBJECTIVES))


def _lasting(plan: Plan, alerts: PlannedAlerts) -> tuple[PlannedFault, ...]:
    """The faults, healed so late that what must fire can; those that are healed after the recovery wait for it anyway.

    Only where something is expected beyond a failover: all others are healed as in any trial.
    """
    heals = [Moment.parse(fault.heal) for fault in plan.faults]
    timed = [heal.after_ms for heal in heals if heal.anchor != "recovery"]
    if plan.scenario not in LASTING or not timed:
        return plan.faults
    later_ms = max(0, round(1000 * lasting_s(alerts.expected)) - min(timed))
    return tuple(
        fault
        if heal.anchor == "recovery"
        else replace(fault, heal=f"{heal.after_ms + later_ms} ms after {heal.anchor}")
        for fault, heal in zip(plan.faults, heals, strict=True)
    )
