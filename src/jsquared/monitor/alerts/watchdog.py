"""Watchdog: always firing: whoever does not hear it knows that monitoring is dead."""

from jsquared.monitor.alert import Alert, Severity

ALERT = Alert(
    name="Watchdog",
    severity=Severity.NONE,
    expr="vector(1)",
    summary="monitoring is alive",
    means="A dead man's switch. Route it to something that raises an alarm when it stops.",
    look_at=("If it has stopped: Prometheus, Alertmanager, and the way between them.",),
    do=("Restart what is missing.",),
    example={},
)
