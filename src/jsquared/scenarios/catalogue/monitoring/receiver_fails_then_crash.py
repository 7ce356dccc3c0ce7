"""The receiver of alerts refuses every message while the primary crashes: what fired meanwhile must arrive once it takes them again."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import ALERTS, Scenario
from jsquared.scenarios.monitoring_crash import crash_objectives

SCENARIO = Scenario(
    name="receiver-fails-then-crash",
    title="The receiver of alerts fails, then the primary crashes",
    description="The receiver answers every message with HTTP 503, and 1 s later the primary is killed; the receiver takes "
    "messages again once the alerts have fired.",
    why_fair="Alertmanager tries again until a message is taken, and counts what it could not deliver.",
    tags=("monitoring", "crash"),
    away=("primary",),
    suites=ALERTS,
    faults=lambda _: [
        fault("receiver-fails", id="refusing"),
        fault("kill", "primary", id="crash", start="1000 ms after refusing"),
    ],
    objectives=crash_objectives,
    expected={"reference": "pass"},
)
