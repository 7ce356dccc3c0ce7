"""WriteSLOBurn: the error budget of writes burns too fast."""

from jsquared.monitor.alert import Alert, Area, Severity
from jsquared.monitor.example import Case, data

_PRIMARY = data(1, "redis_instance_info", role="master")
_REPLICAS = tuple(data(number, "redis_instance_info", role="slave") for number in (2, 3))
# The exporter is away for six scrapes, ten scrapes after it has come back; the primary lacks one scrape more before and after.
_OTHERS_AGAIN_AND_AGAIN = {"up": "1x9 0x5 " * 4 + "1x60", "redis_instance_info": "1x9 stale _x5 " * 4 + "1x60"}
_PRIMARY_AGAIN_AND_AGAIN = {
    "up": "1x8 0x7 " + "1x7 0x7 " * 3 + "1x60",
    "redis_instance_info": "1x8 stale _x7 " + "1x7 stale _x7 " * 3 + "1x60",
}

ALERT = Alert(
    name="WriteSLOBurn",
    severity=Severity.CRITICAL,
    area=Area.APPLICATION,
    # Of the time that was measured; but half of what a whole window would need must have been seen, or one failover were enough.
    expr=(
        "(avg_over_time(redis:primary_away[<long>]) > 14.4 * 0.001 and "
        "sum_over_time(redis:primary_away[<long>]) > 7.2 * 0.001 * <long scrapes>) and "
        "avg_over_time(redis:primary_away[<short>]) > 14.4 * 0.001"
    ),
    summary="{{ $labels.master_name }} was without a primary for {{ $value | humanizePercentage }} of the measured time",
    means=(
        "At this rate a month's budget of 99.9 % is gone in two days. Several short outages add up here that "
        "no other alert makes a fuss about. One failover of some seconds does not reach it, and time in which "
        "nothing could be measured does not count."
    ),
    look_at=("FailoverHappened and FailoverStorm over the last hours.",),
    do=("Find the common cause of the failovers before the next one.",),
    example={
        _PRIMARY: "1x5 stale",
    },
    cases=(
        Case(
            name="the primary hangs, so that its scrapes fail and those of the others do not",
            series={_PRIMARY: "1x5 stale", data(1, "up"): "1x5 0x60", data(1, "redis_up"): "1x5 stale"},
            fires=True,
        ),
        Case(
            name="the exporter is away for a while, and no node is measured",
            series={
                **{data(number, "up"): "1x9 0x<window scrapes> 1x<short scrapes>" for number in (1, 2, 3)},
                **dict.fromkeys((_PRIMARY, *_REPLICAS), "1x9 stale _x<window scrapes> 1x<short scrapes>"),
            },
            fires=False,
            scrapes="<window scrapes> + <window scrapes> + 20",
        ),
        Case(
            name="the exporter is away for good",
            series={
                **{data(number, "up"): "1x9 0x<short scrapes>" for number in (1, 2, 3)},
                **dict.fromkeys((_PRIMARY, *_REPLICAS), "1x9 stale"),
            },
            fires=False,
            scrapes="<window scrapes> + <window scrapes> + 20",
        ),
        Case(
            name="the exporter is away again and again, and the primary is scraped a little earlier and later than the others",
            series={
                **{data(number, "up"): _OTHERS_AGAIN_AND_AGAIN["up"] for number in (2, 3)},
                **dict.fromkeys(_REPLICAS, _OTHERS_AGAIN_AND_AGAIN["redis_instance_info"]),
                data(1, "up"): _PRIMARY_AGAIN_AND_AGAIN["up"],
                _PRIMARY: _PRIMARY_AGAIN_AND_AGAIN["redis_instance_info"],
            },
            fires=False,
            scrapes="110",
        ),
        Case(
            name="half a minute without a primary, soon after the first scrape",
            series={_PRIMARY: "1x5 stale _x30 1x30"},
            fires=True,
        ),
        Case(
            name="a failover of one scrape",
            series={
                _PRIMARY: "1x5 stale _x60 _x60",
                _REPLICAS[0]: "1x5 stale",
                data(2, "redis_instance_info", role="master"): "_x7 1x60",
            },
            fires=False,
        ),
    ),
)
