"""SentinelCountWrong: the Sentinels count more of them than there are."""

from jsquared.monitor.alert import Alert, Severity
from jsquared.monitor.example import watched

ALERT = Alert(
    name="SentinelCountWrong",
    severity=Severity.WARNING,
    expr=(
        "max by (deployment, master_name) (redis_sentinel_master_sentinels) != on (deployment) group_left () "
        'count by (deployment) (up{job="sentinel"})'
    ),
    hold_scrapes=3,
    summary="the Sentinels of {{ $labels.master_name }} count {{ $value }} of them, and that many there are not",
    means=(
        "A Sentinel that came back with a new id is counted twice, and the majority grows with every such "
        "ghost until no failover can be agreed on."
    ),
    look_at=("SENTINEL SENTINELS on each: ids and addresses that nobody has any more.",),
    do=(
        "SENTINEL RESET on each Sentinel, one after the other, half a minute apart.",
        "Keep the file that a Sentinel writes when you replace its machine or container.",
    ),
    example={
        watched(1, "redis_sentinel_master_sentinels"): "3x5 4x60",
        watched(2, "redis_sentinel_master_sentinels"): "3x5 4x60",
        watched(3, "redis_sentinel_master_sentinels"): "3x5 4x60",
    },
)
