"""FullResync: a replica takes a full copy."""

from jsquared.monitor.alert import Alert, Severity
from jsquared.monitor.example import data

ALERT = Alert(
    name="FullResync",
    severity=Severity.WARNING,
    expr=(
        "increase(redis_replica_resyncs_full[<window>]) > 0 or (redis_replica_resyncs_full > 0 and "
        "redis_uptime_in_seconds < max_over_time(redis_uptime_in_seconds[<window>]))"
    ),
    summary="{{ $labels.instance }} sends a full copy to a replica",
    means=(
        "Expected after a new replica or a restart; otherwise the backlog was too small or the histories "
        "differ. It costs a fork, memory and bandwidth."
    ),
    look_at=('The primary\'s log: "Full resync requested" and why the partial one was refused.',),
    do=("Raise repl-backlog-size if it was an outage that did not fit.",),
    example={
        data(1, "redis_replica_resyncs_full"): "2x5 3x60",
    },
)
