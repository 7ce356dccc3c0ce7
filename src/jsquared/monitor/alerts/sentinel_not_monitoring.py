"""SentinelNotMonitoring: a Sentinel monitors no primary."""

from jsquared.monitor.alert import Alert, Severity
from jsquared.monitor.example import sentinel

ALERT = Alert(
    name="SentinelNotMonitoring",
    severity=Severity.CRITICAL,
    expr='redis_sentinel_masters{job="sentinel"} < 1',
    hold_scrapes=2,
    summary="Sentinel {{ $labels.instance }} monitors nothing",
    means="It was started without a monitor line, or somebody has removed the primary from it. It has no vote.",
    look_at=("Its configuration file, and SENTINEL MASTERS.",),
    do=("SENTINEL MONITOR with the name, address and quorum that the others have.",),
    example={
        sentinel(2, "redis_sentinel_masters"): "1x5 0x60",
    },
)
