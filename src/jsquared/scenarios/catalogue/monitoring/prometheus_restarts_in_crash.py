"""Prometheus dies while the primary is being replaced, and returns: the failover must be told all the same."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import ALERTS, Scenario
from jsquared.scenarios.monitoring_crash import crash_objectives

SCENARIO = Scenario(
    name="prometheus-restarts-in-crash",
    title="Prometheus restarts while the primary crashes",
    description="SIGKILL to the primary, and 1 s later to Prometheus, which is started again 5 s later with what it had stored.",
    why_fair="Rules that compare with what was stored before see a failover that nobody watched.",
    tags=("monitoring", "crash"),
    away=("primary",),
    suites=ALERTS,
    faults=lambda _: [
        fault("kill", "primary", id="crash"),
        fault("monitoring-down", id="prometheus-dead", part="prometheus", start="1000 ms after crash", lasts_ms=5000),
    ],
    objectives=crash_objectives,
    expected={"reference": "pass"},
)
