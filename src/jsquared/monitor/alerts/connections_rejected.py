"""ConnectionsRejected: connections are refused for want of room."""

from jsquared.monitor.alert import Alert, Area, Severity
from jsquared.monitor.example import data

ALERT = Alert(
    name="ConnectionsRejected",
    severity=Severity.WARNING,
    area=Area.APPLICATION,
    expr="increase(redis_rejected_connections_total[<window>]) > 0",
    summary="{{ $labels.instance }} has refused {{ $value }} connections",
    means=(
        "maxclients is reached. Sentinels and replicas need connections too: at the limit a healthy primary "
        "looks dead to them."
    ),
    look_at=("CLIENT LIST by address: who has so many?",),
    do=("Mend the client that does not reuse connections; raise maxclients and the limit of open files.",),
    example={
        data(1, "redis_rejected_connections_total"): "0x5 3+1x60",
    },
)
