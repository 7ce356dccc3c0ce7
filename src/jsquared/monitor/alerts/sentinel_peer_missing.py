"""SentinelPeerMissing: a Sentinel does not reach all others."""

from jsquared.monitor.alert import Alert, Severity
from jsquared.monitor.example import watched

ALERT = Alert(
    name="SentinelPeerMissing",
    severity=Severity.WARNING,
    expr="redis_sentinel_master_ok_sentinels < redis_sentinel_master_sentinels",
    hold_scrapes=3,
    summary="Sentinel {{ $labels.instance }} reaches {{ $value }} Sentinels of {{ $labels.master_name }}, fewer than it knows",
    means="A Sentinel is down, cut off from this one, or has been replaced and left a ghost behind.",
    look_at=("SENTINEL SENTINELS there: who is s_down?",),
    do=("Mend the link or start the Sentinel; forget a ghost by SENTINEL RESET, one Sentinel after the other.",),
    example={
        watched(1, "redis_sentinel_master_ok_sentinels"): "3x5 2x60",
    },
)
