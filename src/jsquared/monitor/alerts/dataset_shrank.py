"""DatasetShrank: half of the keys or more are gone."""

from jsquared.monitor.alert import Alert, Area, Severity
from jsquared.monitor.example import Case, data, watched

_RETURNED = {
    **{watched(number, "redis_sentinel_master_slaves"): "2x10 stale" for number in (1, 2, 3)},
    **{watched(number, "redis_sentinel_master_slaves", primary=2): "_x11 2x80" for number in (1, 2, 3)},
    data(1, "redis_instance_info", role="master"): "1x10 stale _x3 1x1 stale",
    data(1, "redis_instance_info", role="slave"): "_x17 1x80",
    data(2, "redis_instance_info", role="slave"): "1x10 stale",
    data(2, "redis_instance_info", role="master"): "_x11 1x80",
}
"""Node 2 has been promoted, and node 1 comes back as a primary for two scrapes."""
_CUT_OFF = _RETURNED | {
    data(1, "redis_instance_info", role="master"): "1x90",
    data(1, "redis_instance_info", role="slave"): "_",
}
"""The same, and node 1 says all the time that it is the primary."""

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
    cases=(
        Case(
            name="the old primary returns and says so for two scrapes",
            series=_RETURNED | {data(1, "redis_db_keys", db="db0"): "100x10 stale _x3 100x80"},
            fires=False,
            scrapes="90",
        ),
        Case(
            name="the old primary returns with more keys than there are now",
            series=_RETURNED | {data(1, "redis_db_keys", db="db0"): "100x10 stale _x3 900x1 100x80"},
            fires=False,
            scrapes="90",
        ),
        Case(
            name="it returns while no Sentinel is measured",
            series=_RETURNED
            | {data(1, "redis_db_keys", db="db0"): "100x10 stale _x3 900x1 100x80"}
            | {watched(number, "redis_sentinel_master_slaves"): "_" for number in (1, 2, 3)}
            | {watched(number, "redis_sentinel_master_slaves", primary=2): "_" for number in (1, 2, 3)},
            fires=False,
            scrapes="90",
        ),
        Case(
            name="the new primary is flushed while the old one, cut off, has all keys",
            series=_CUT_OFF | {data(2, "redis_db_keys", db="db0"): "100x20 0x70"},
            fires=True,
            scrapes="90",
        ),
        Case(
            name="the primary is flushed while no Sentinel is measured",
            series={watched(number, "redis_sentinel_master_slaves"): "_" for number in (1, 2, 3)}
            | {data(1, "redis_db_keys", db="db0"): "100x5 0x60"},
            fires=True,
        ),
        Case(
            name="the primary was restarted and is still loading",
            series={
                data(1, "redis_db_keys", db="db0"): "100x5 0+10x10 100x50",
                data(1, "redis_loading_dump_file"): "0x5 1x10 0x50",
            },
            fires=False,
        ),
    ),
)
