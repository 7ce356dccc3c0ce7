"""FailoverStorm: the primary has changed again and again."""

from jsquared.monitor.alert import Alert, Severity
from jsquared.monitor.example import data

ALERT = Alert(
    name="FailoverStorm",
    severity=Severity.CRITICAL,
    expr="redis:promotions >= 3",
    summary="the primary of {{ $labels.master_name }} has changed {{ $value }} times",
    means=(
        "Each failover costs seconds of writes, and those that were not replicated yet. Something lets every "
        "new primary fail as well: a full disk, a query that hangs it, a down-after-milliseconds below its "
        "stalls."
    ),
    look_at=("What each primary did before it was left: BGSAVE errors, SLOWLOG, memory.",),
    do=(
        "Take away the cause first (the client with the slow query, the full disk), then wait for calm.",
        "Raise down-after-milliseconds if the nodes only stall.",
    ),
    example={
        data(1, "redis_instance_info", role="master"): "1x1 stale _x1 1x1 stale _x1 1x1 stale _x1 1x60",
        data(1, "redis_instance_info", role="slave"): "_x2 1x1 stale _x1 1x1 stale _x1 1x1 stale",
    },
)
