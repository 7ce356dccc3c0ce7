"""PrimaryRestartedInPlace: the primary was restarted and stayed the primary."""

from jsquared.monitor.alert import Alert, Severity
from jsquared.monitor.example import data

ALERT = Alert(
    name="PrimaryRestartedInPlace",
    severity=Severity.CRITICAL,
    expr=(
        'resets(redis_uptime_in_seconds{job="redis"}[<window>]) > 0 and on (deployment, instance) '
        "redis:named_primary unless on (deployment, master_name) count by (deployment, master_name) "
        "(last_over_time(redis:named_primary[<window>])) > 1"
    ),
    summary="the primary {{ $labels.instance }} was restarted without a failover",
    means=(
        "It came back faster than the Sentinels noticed. Whatever it had not on disk is lost, and its "
        "replicas have copied that by now; without persistence everything is gone."
    ),
    look_at=(
        "DatasetShrank.",
        "appendonly, and the supervisor's restart delay against down-after-milliseconds.",
    ),
    do=("Let the supervisor wait longer than down-after-milliseconds before it restarts a data node.",),
    example={
        data(1, "redis_uptime_in_seconds"): "1000+5x5 1+5x60",
    },
)
