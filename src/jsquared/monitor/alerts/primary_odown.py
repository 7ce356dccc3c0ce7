"""PrimaryODown: a quorum of Sentinels considers the primary down."""

from jsquared.monitor.alert import Alert, Severity
from jsquared.monitor.example import watched

ALERT = Alert(
    name="PrimaryODown",
    severity=Severity.CRITICAL,
    expr='count by (deployment, master_name) (redis_sentinel_master_status{master_status="odown"} == 0) > 0',
    summary="a quorum considers the primary of {{ $labels.master_name }} down",
    means=(
        "The Sentinels agree that the primary is gone, and one of them now tries to fail over. It lasts a "
        "second where all is well, so slow scrapes do not see it: FailoverHappened is the one that stays."
    ),
    look_at=("The Sentinels' logs after +odown: +elected-leader and +switch-master, or -failover-abort-…",),
    do=("Nothing while the failover proceeds; if it is aborted, do what the reason says.",),
    example={
        watched(1, "redis_sentinel_master_status", master_status="ok"): "1x5 stale",
        watched(1, "redis_sentinel_master_status", master_status="odown"): "_x6 0x60",
    },
)
