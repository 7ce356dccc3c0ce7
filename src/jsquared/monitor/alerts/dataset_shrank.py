"""DatasetShrank: half of the keys or more are gone."""

from jsquared.monitor.alert import Alert, Area, Severity
from jsquared.monitor.example import data

ALERT = Alert(
    name="DatasetShrank",
    severity=Severity.CRITICAL,
    area=Area.APPLICATION,
    expr="redis:keys < 0.5 * max_over_time(redis:keys[<window>])",
    summary="{{ $labels.master_name }} has only {{ $value }} keys left",
    means="An empty restart that was replicated, FLUSHALL, or an eviction that ran wild.",
    look_at=(
        "PrimaryRestartedInPlace, FailoverHappened.",
        "The counters of FLUSHALL and FLUSHDB in INFO commandstats, and of evicted keys.",
    ),
    do=(("Stop what writes, keep every dump.rdb and AOF that is left on any node, and restore from the best one."),),
    example={
        data(1, "redis_db_keys", db="db0"): "100x5 3x60",
    },
)
