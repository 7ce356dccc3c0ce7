"""ReplicaNotOnline: a replica is connected but does not receive the stream."""

from jsquared.monitor.alert import Alert, Severity
from jsquared.monitor.example import replica

ALERT = Alert(
    name="ReplicaNotOnline",
    severity=Severity.WARNING,
    expr='redis_connected_slave_lag_seconds{slave_state!="online"} >= 0',
    hold_scrapes=3,
    summary="replica {{ $labels.slave_ip }}:{{ $labels.slave_port }} of {{ $labels.instance }} is {{ $labels.slave_state }}",
    means=(
        "A full resynchronisation takes long or begins again and again. Until it is through, the replica has "
        "old or no data."
    ),
    look_at=(
        "client-output-buffer-limit replica, and the size of the data set.",
        'The primary\'s log: "Client … closed for overcoming of output buffer limits", a BGSAVE that fails.',
    ),
    do=("Raise the output buffer limit and the backlog, or find out why BGSAVE does not end.",),
    example={
        replica(2, "redis_connected_slave_lag_seconds", slave_state="online"): "0x5 stale",
        replica(2, "redis_connected_slave_lag_seconds", slave_state="wait_bgsave"): "_x6 0x60",
    },
)
