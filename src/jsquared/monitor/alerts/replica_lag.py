"""ReplicaLag: a replica acknowledges late."""

from jsquared.monitor.alert import Alert, Severity
from jsquared.monitor.example import replica

ALERT = Alert(
    name="ReplicaLag",
    severity=Severity.WARNING,
    expr="redis_connected_slave_lag_seconds > 3",
    hold_scrapes=1,
    summary="replica {{ $labels.slave_ip }}:{{ $labels.slave_port }} of {{ $labels.instance }} is {{ $value }} s behind",
    means=(
        "What is acknowledged without WAIT is not there yet: a failover now loses it. min-replicas-max-lag "
        "refuses writes when it is exceeded."
    ),
    look_at=("The network between them, slow commands on the replica, its disk.",),
    do=("Take away the cause; lower the write rate if it does not catch up.",),
    example={
        replica(2, "redis_connected_slave_lag_seconds", slave_state="online"): "0x5 10x60",
    },
)
