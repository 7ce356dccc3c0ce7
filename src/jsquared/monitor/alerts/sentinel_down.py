"""SentinelDown: a Sentinel does not answer."""

from jsquared.monitor.alert import Alert, Severity
from jsquared.monitor.example import sentinel

ALERT = Alert(
    name="SentinelDown",
    severity=Severity.WARNING,
    expr='(redis_up{job="sentinel"} == 0) or (up{job="sentinel"} == 0)',
    hold_scrapes=2,
    summary="Sentinel {{ $labels.instance }} does not answer",
    means="One vote fewer. With three Sentinels the next one that dies ends all failovers.",
    look_at=(
        "Its process and its log.",
        "SentinelQuorumLost: are enough left?",
    ),
    do=(
        (
            "Start it again with the configuration that it wrote itself: with a new one it would be counted as a "
            "further Sentinel."
        ),
    ),
    example={
        sentinel(3, "redis_up"): "1x5 0x60",
    },
)
