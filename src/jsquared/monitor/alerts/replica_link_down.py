"""ReplicaLinkDown: a replica has no connection to its primary."""

from jsquared.monitor.alert import Alert, Severity
from jsquared.monitor.example import data

ALERT = Alert(
    name="ReplicaLinkDown",
    severity=Severity.WARNING,
    expr='redis_master_link_up{job="redis"} == 0',
    hold_scrapes=3,
    summary="{{ $labels.instance }} has lost its primary",
    means="It serves old data, and after ten times down-after-milliseconds it will not be promoted any more.",
    look_at=(
        ("Its log: a password (masterauth), TLS, the address of the primary, or a resynchronisation that never ends."),
    ),
    do=("Mend what its log names.",),
    example={
        data(2, "redis_master_link_up"): "1x5 0x60",
    },
)
