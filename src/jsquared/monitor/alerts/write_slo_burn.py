"""WriteSLOBurn: the error budget of writes burns too fast."""

from jsquared.monitor.alert import Alert, Area, Severity
from jsquared.monitor.example import data

ALERT = Alert(
    name="WriteSLOBurn",
    severity=Severity.CRITICAL,
    area=Area.APPLICATION,
    expr=(
        "(sum_over_time(redis:primary_away[<long>]) / <long scrapes> > 14.4 * 0.001) and "
        "(sum_over_time(redis:primary_away[<short>]) / <short scrapes> > 14.4 * 0.001)"
    ),
    summary="{{ $labels.master_name }} was without a primary for {{ $value | humanizePercentage }} of the time",
    means=(
        "At this rate a month's budget of 99.9 % is gone in two days. Several short outages add up here that "
        "no other alert makes a fuss about. One failover of some seconds does not reach it."
    ),
    look_at=("FailoverHappened and FailoverStorm over the last hours.",),
    do=("Find the common cause of the failovers before the next one.",),
    example={
        data(1, "redis_instance_info", role="master"): "1x5 stale",
    },
)
