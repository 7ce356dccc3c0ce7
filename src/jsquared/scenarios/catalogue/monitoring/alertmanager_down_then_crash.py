"""Alertmanager is dead while the primary crashes: what fired meanwhile must arrive once it is back."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import ALERTS, Scenario
from jsquared.scenarios.monitoring_crash import crash_objectives

SCENARIO = Scenario(
    name="alertmanager-down-then-crash",
    title="Alertmanager is down, then the primary crashes",
    description="SIGKILL to Alertmanager, and 1 s later to the primary; Alertmanager is started again once the alerts have fired.",
    why_fair="Prometheus repeats what still fires every 10 s (by default every minute), so that a failover is told late and not never.",
    tags=("monitoring", "crash"),
    away=("primary",),
    suites=ALERTS,
    faults=lambda _: [
        fault("monitoring-down", id="alertmanager-dead", part="alertmanager"),
        fault("kill", "primary", id="crash", start="1000 ms after alertmanager-dead"),
    ],
    objectives=crash_objectives,
    expected={"reference": "pass"},
)
