"""LinkFlapping: a replica reconnects again and again."""

from jsquared.monitor.alert import Alert, Severity
from jsquared.monitor.example import data

ALERT = Alert(
    name="LinkFlapping",
    severity=Severity.WARNING,
    expr="increase(redis_replica_partial_resync_accepted[<window>]) > 2",
    summary="replicas of {{ $labels.instance }} have reconnected {{ $value }} times",
    means=(
        "The network drops connections, or repl-timeout is shorter than a stall. Every reconnection may "
        "become a full copy."
    ),
    look_at=("The replicas' logs: what ends the link?",),
    do=("Mend the network; raise repl-timeout above the longest stall.",),
    example={
        data(1, "redis_replica_partial_resync_accepted"): "0x5 1+1x60",
    },
)
