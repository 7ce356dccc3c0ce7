"""NoUsablePrimary: the Sentinels name a primary that is down or a replica."""

from jsquared.monitor.alert import Alert, Severity
from jsquared.monitor.example import Case, data

ALERT = Alert(
    name="NoUsablePrimary",
    severity=Severity.CRITICAL,
    # Where no data node at all is measured, it is the exporter that is away.
    expr=(
        'redis:named_primary and on (deployment, instance) (redis_up{job="redis"} == 0 or redis:is_primary == 0 '
        'or up{job="redis"} == 0 and on (deployment) max by (deployment) (up{job="redis"}) == 1)'
    ),
    hold_scrapes=2,
    summary="the Sentinels name {{ $labels.instance }} as the primary of {{ $labels.master_name }}, and it is none",
    means=(
        "Clients are sent to a server that does not take writes. During a failover this is so for seconds; "
        "longer means that the failover does not come."
    ),
    look_at=(
        "SENTINEL CKQUORUM, and SENTINEL REPLICAS: is there one that can be promoted?",
        "-failover-abort-… in the Sentinels' logs.",
    ),
    do=(
        "Mend what aborts the failover, or order one by SENTINEL FAILOVER.",
        (
            "As a last resort make the replica with the largest offset the primary by hand (REPLICAOF NO ONE), "
            "and tell the Sentinels (SENTINEL REMOVE and MONITOR)."
        ),
    ),
    example={
        data(1, "redis_up"): "1x5 0x60",
        data(1, "redis_instance_info", role="master"): "1x5 stale",
    },
    cases=(
        Case(
            name="the primary hangs",
            series={
                data(1, "up"): "1x5 0x60",
                data(1, "redis_up"): "1x5 stale",
                data(1, "redis_instance_info", role="master"): "1x5 stale",
            },
            fires=True,
        ),
        Case(
            name="the exporter of the data nodes is away, and that of the Sentinels is not",
            series={
                **{data(number, "up"): "1x5 0x60" for number in (1, 2, 3)},
                **{data(number, "redis_up"): "1x5 stale" for number in (1, 2, 3)},
                data(1, "redis_instance_info", role="master"): "1x5 stale",
                **{data(number, "redis_instance_info", role="slave"): "1x5 stale" for number in (2, 3)},
            },
            fires=False,
        ),
    ),
)
