"""NoPromotableReplica: no replica is healthy enough to be promoted."""

from jsquared.monitor.alert import Alert, Severity
from jsquared.monitor.example import watched

ALERT = Alert(
    name="NoPromotableReplica",
    severity=Severity.CRITICAL,
    expr="max by (deployment, master_name) (redis_sentinel_master_ok_slaves) == 0",
    hold_scrapes=2,
    summary="no replica of {{ $labels.master_name }} could be promoted",
    means="If the primary fails now, nobody takes its place.",
    look_at=(
        "RedisDown and ReplicaLinkDown on the replicas.",
        "replica-priority: 0 is never promoted.",
    ),
    do=("Bring a replica back before anything else is touched.",),
    example={
        watched(1, "redis_sentinel_master_ok_slaves"): "2x5 0x60",
        watched(2, "redis_sentinel_master_ok_slaves"): "2x5 0x60",
        watched(3, "redis_sentinel_master_ok_slaves"): "2x5 0x60",
    },
)
