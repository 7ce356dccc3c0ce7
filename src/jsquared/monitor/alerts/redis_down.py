"""RedisDown: a data node refuses the exporter, or is not there."""

from jsquared.monitor.alert import Alert, Severity
from jsquared.monitor.example import data

ALERT = Alert(
    name="RedisDown",
    severity=Severity.WARNING,
    expr='redis_up{job="redis"} == 0',
    hold_scrapes=2,
    summary="{{ $labels.instance }} does not answer",
    means=(
        "The process has ended, its host is gone, or it refuses the exporter's login. If it was the primary, "
        "a failover is under way or has failed."
    ),
    look_at=(
        "The last lines of its log, and those of the Sentinels: +sdown, +odown, +switch-master.",
        "Whether another data node is the primary now: NoUsablePrimary says if not.",
        "The kernel's log on its host: was it killed for lack of memory?",
    ),
    do=(
        "Start it again if its supervisor has not; it comes back as a replica.",
        ("If it came back empty while it was the primary, stop it at once: its replicas would copy the emptiness."),
    ),
    example={
        data(2, "redis_up"): "1x5 0x60",
    },
)
