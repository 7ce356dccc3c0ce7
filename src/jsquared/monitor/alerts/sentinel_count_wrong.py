"""SentinelCountWrong: the Sentinels count others than there are."""

from jsquared.monitor.alert import Alert, Severity
from jsquared.monitor.example import Case, sentinel, watched

_COUNTED = tuple(watched(number, "redis_sentinel_master_sentinels") for number in (1, 2, 3))

ALERT = Alert(
    name="SentinelCountWrong",
    severity=Severity.WARNING,
    # More than have answered for minutes, or fewer than those that answer now and monitor this primary.
    expr=(
        "max by (deployment, master_name) (redis_sentinel_master_sentinels) > on (deployment) group_left () "
        'count by (deployment) (up{job="sentinel"} and on (deployment, instance) '
        'max_over_time(redis_up{job="sentinel"}[<short>]) == 1) '
        "or max by (deployment, master_name) (redis_sentinel_master_sentinels) < "
        "count by (deployment, master_name) (redis_sentinel_master_sentinels)"
    ),
    least_hold_s=300,
    summary="the Sentinels of {{ $labels.master_name }} count {{ $value }} of them, and that many do not answer",
    means=(
        "A Sentinel that came back with a new id is counted twice, and one that is gone for good still counts: the majority "
        "grows with every such ghost until no failover can be agreed on. If they count fewer than answer, they do not know each other."
    ),
    look_at=("SENTINEL SENTINELS on each: ids and addresses that nobody has any more.",),
    do=(
        "Start a Sentinel again if it should be there.",
        "SENTINEL RESET on each Sentinel, one after the other, half a minute apart.",
        "Keep the file that a Sentinel writes when you replace its machine or container.",
    ),
    example=dict.fromkeys(_COUNTED, "3x5 4x<storm scrapes>"),
    example_scrapes="<short scrapes> + 20",
    cases=(
        Case(
            name="a dead Sentinel that is a target, since it was found through the others",
            series={
                **dict.fromkeys(_COUNTED, "4x<storm scrapes>"),
                sentinel(4, "up"): "1x<storm scrapes>",
                sentinel(4, "redis_up"): "0x<storm scrapes>",
            },
            fires=True,
            scrapes="<short scrapes> + 20",
        ),
        Case(
            name="a Sentinel hangs and is still listed",
            series={
                _COUNTED[2]: "3x5 stale",
                sentinel(3, "up"): "1x5 0x<storm scrapes> 0x20",
                sentinel(3, "redis_up"): "1x5 stale",
            },
            fires=True,
            scrapes="<short scrapes> + <short scrapes> + 20",
        ),
        Case(
            name="Sentinels that do not know each other",
            series=dict.fromkeys(_COUNTED, "1x<storm scrapes>"),
            fires=True,
            scrapes="<short scrapes> + 20",
        ),
        Case(
            name="a Sentinel is away for some minutes",
            series={
                _COUNTED[2]: "3x5 stale _x<window scrapes> _x<window scrapes> 3x<storm scrapes>",
                sentinel(3, "redis_up"): "1x5 0x<window scrapes> 0x<window scrapes> 1x<storm scrapes>",
            },
            fires=False,
            scrapes="<short scrapes> + 20",
        ),
    ),
)
