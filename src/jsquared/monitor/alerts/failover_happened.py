"""FailoverHappened: the primary was another one a moment ago."""

from jsquared.monitor.alert import Alert, Severity
from jsquared.monitor.example import watched

ALERT = Alert(
    name="FailoverHappened",
    severity=Severity.WARNING,
    expr="count by (deployment, master_name) (last_over_time(redis:named_primary[<window>])) > 1",
    summary="the primary of {{ $labels.master_name }} has changed",
    means="A failover has taken place. It stays for a minute, so that slow scrapes see it too.",
    look_at=(
        "jsquared timeline on the logs: how long it took, and which phase.",
        "Why the old primary was left: RedisDown, RedisUnresponsive, or nothing at all (a false failover).",
    ),
    do=(
        "Bring the old primary back as a replica.",
        "After a false failover, look for what stalls: forks, slow commands, a machine without time.",
    ),
    example={
        watched(1, "redis_sentinel_master_slaves"): "2x5 stale",
        watched(1, "redis_sentinel_master_slaves", primary=2): "_x6 2x60",
        watched(2, "redis_sentinel_master_slaves"): "2x5 stale",
        watched(2, "redis_sentinel_master_slaves", primary=2): "_x6 2x60",
        watched(3, "redis_sentinel_master_slaves"): "2x5 stale",
        watched(3, "redis_sentinel_master_slaves", primary=2): "_x6 2x60",
    },
)
