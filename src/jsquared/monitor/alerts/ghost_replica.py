"""GhostReplica: the Sentinels count replicas that are not there."""

from jsquared.monitor.alert import Alert, Severity
from jsquared.monitor.example import Case, data, watched

_LISTED = tuple(watched(number, "redis_sentinel_master_slaves") for number in (1, 2, 3))
_PROMOTED = tuple(watched(number, "redis_sentinel_master_slaves", primary=2) for number in (1, 2, 3))

ALERT = Alert(
    name="GhostReplica",
    severity=Severity.WARNING,
    # Nodes that are found through the Sentinels are targets for as long as they are listed, so that they answer is what counts.
    expr=(
        "max by (deployment, master_name) (redis_sentinel_master_slaves) > on (deployment, master_name) "
        'group_left () (count by (deployment, master_name) (up{job="redis"} and on (deployment, instance) '
        'max_over_time(redis_up{job="redis"}[<short>]) == 1) - 1)'
    ),
    least_hold_s=300,
    summary="the Sentinels count {{ $value }} replicas of {{ $labels.master_name }}, more than have answered for minutes",
    means=(
        "A replica came back under another address, or is gone for good, and the old address is kept for ever. A "
        "failover waits for it, and a client may be sent to whoever has that address now."
    ),
    look_at=("SENTINEL REPLICAS: addresses that are s_down.", "RedisDown and RedisUnresponsive: should it be there?"),
    do=(
        "Start it again if it should be there.",
        "Otherwise SENTINEL RESET on each Sentinel, one after the other, while the primary is healthy.",
    ),
    example=dict.fromkeys(_LISTED, "2x5 3x<storm scrapes>"),
    example_scrapes="<short scrapes> + 20",
    cases=(
        Case(
            name="a dead replica that is a target, since it was found through the Sentinels",
            series={
                **dict.fromkeys(_LISTED, "3x<storm scrapes>"),
                data(4, "up"): "1x<storm scrapes>",
                data(4, "redis_up"): "0x<storm scrapes>",
            },
            fires=True,
            scrapes="<short scrapes> + 20",
        ),
        Case(
            name="a replica dies and is still listed",
            series={data(3, "redis_up"): "1x5 0x<storm scrapes> 0x20"},
            fires=True,
            scrapes="<short scrapes> + <short scrapes> + 20",
        ),
        Case(
            name="a failover, and the old primary is back within minutes",
            series={
                **dict.fromkeys(_LISTED, "2x10 stale"),
                **dict.fromkeys(_PROMOTED, "_x11 2x<storm scrapes>"),
                data(1, "redis_up"): "1x5 0x<window scrapes> 0x<window scrapes> 1x<storm scrapes>",
            },
            fires=False,
            scrapes="<short scrapes> + 20",
        ),
        Case(
            name="a new replica is listed before it is a target",
            series={
                **dict.fromkeys(_LISTED, "2x5 3x60"),
                data(4, "up"): "_x15 1x60",
                data(4, "redis_up"): "_x15 1x60",
            },
            fires=False,
        ),
        Case(
            name="the exporter of the data nodes is away, and that of the Sentinels is not",
            series={
                **{data(number, "up"): "1x5 0x<storm scrapes> 0x20" for number in (1, 2, 3)},
                **{data(number, "redis_up"): "1x5 stale" for number in (1, 2, 3)},
            },
            fires=False,
            scrapes="<short scrapes> + <short scrapes> + 20",
        ),
    ),
)
