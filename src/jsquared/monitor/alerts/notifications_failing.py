"""NotificationsFailing: alerts do not arrive."""

from jsquared.monitor.alert import Alert, Severity

ALERT = Alert(
    name="NotificationsFailing",
    severity=Severity.CRITICAL,
    expr=(
        "increase(prometheus_notifications_errors_total[<window>]) > 0 or "
        "increase(prometheus_notifications_dropped_total[<window>]) > 0 or "
        "increase(alertmanager_notifications_failed_total[<window>]) > 0"
    ),
    summary="alerts are lost on their way ({{ $labels.job }})",
    means=("Prometheus cannot reach Alertmanager, or Alertmanager its receivers. Whatever fires now, nobody is told."),
    look_at=("Alertmanager's log: which receiver, and what it answers.",),
    do=("Mend the receiver; jsquared alerts test-delivery shows that it works again.",),
    example={
        'prometheus_notifications_errors_total{job="prometheus"}': "0x5 1+1x60",
    },
)
