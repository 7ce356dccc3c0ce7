"""MultiplePrimaries: two data nodes of one group say that they are the primary."""

from jsquared.monitor.alert import Alert, Severity
from jsquared.monitor.example import data

ALERT = Alert(
    name="MultiplePrimaries",
    severity=Severity.CRITICAL,
    expr="sum by (deployment, master_name) (redis:is_primary) > 1",
    hold_scrapes=1,
    least_hold_s=15,
    summary="{{ $value }} nodes say that they are the primary of {{ $labels.master_name }}",
    means=(
        "The old primary was cut off with some clients, or is back and nobody has told it. What it acknowledges"
        " now is lost when it becomes a replica. One that comes back is told within ten seconds, so it lasts longer here."
    ),
    look_at=("Which one the Sentinels name, and whether the other takes writes: min-replicas-to-write stops it.",),
    do=(
        ("It ends by itself where a Sentinel reaches the old one; if none does, stop it, or cut its clients off."),
        "Set min-replicas-to-write and min-replicas-max-lag if they are not set.",
    ),
    example={
        data(2, "redis_instance_info", role="slave"): "1x5 stale",
        data(2, "redis_instance_info", role="master"): "_x6 1x60",
    },
)
