"""GhostReplica: the Sentinels count replicas that are not there."""

from jsquared.monitor.alert import Alert, Severity
from jsquared.monitor.example import watched

ALERT = Alert(
    name="GhostReplica",
    severity=Severity.WARNING,
    expr=(
        "max by (deployment, master_name) (redis_sentinel_master_slaves) > on (deployment, master_name) "
        'group_left () (count by (deployment, master_name) (up{job="redis"}) - 1)'
    ),
    hold_scrapes=3,
    summary="the Sentinels count {{ $value }} replicas of {{ $labels.master_name }}, more than there are",
    means=(
        "A replica came back under another address, and the old one is kept for ever. A failover waits for "
        "it, and a client may be sent to whoever has that address now."
    ),
    look_at=("SENTINEL REPLICAS: addresses that are s_down.",),
    do=("SENTINEL RESET on each Sentinel, one after the other, while the primary is healthy.",),
    example={
        watched(1, "redis_sentinel_master_slaves"): "2x5 3x60",
        watched(2, "redis_sentinel_master_slaves"): "2x5 3x60",
        watched(3, "redis_sentinel_master_slaves"): "2x5 3x60",
    },
)
