"""GapBeyondBacklog: a replica is further behind than half of the backlog."""

from jsquared.monitor.alert import Alert, Severity
from jsquared.monitor.example import data, replica

ALERT = Alert(
    name="GapBeyondBacklog",
    severity=Severity.WARNING,
    expr=(
        '((redis_master_repl_offset{job="redis"} and on (deployment, instance) redis:is_primary == 1) - on '
        '(deployment, instance) group_right () redis_connected_slave_offset_bytes{slave_state="online"}) > on'
        " (deployment, instance) group_left () (0.5 * redis_replication_backlog_bytes)"
    ),
    hold_scrapes=1,
    summary="replica {{ $labels.slave_ip }}:{{ $labels.slave_port }} is {{ $value }} bytes behind, more than half of the backlog",
    means="If its link breaks now, it needs a full copy instead of what it missed.",
    look_at=("ReplicaLag, and the write rate against repl-backlog-size.",),
    do=("Raise repl-backlog-size (CONFIG SET works at once) to the writes of your longest outage.",),
    example={
        replica(2, "redis_connected_slave_offset_bytes", slave_state="online"): "5000x60",
        data(1, "redis_master_repl_offset"): "5000+100000x60",
    },
)
