"""SentinelTilt: a Sentinel does not trust its own clock."""

from jsquared.monitor.alert import Alert, Severity
from jsquared.monitor.example import sentinel

ALERT = Alert(
    name="SentinelTilt",
    severity=Severity.WARNING,
    expr="redis_sentinel_tilt == 1",
    keep_firing_s=30,
    summary="Sentinel {{ $labels.instance }} is in TILT",
    means=(
        "Its clock has jumped, or it was stalled for more than two seconds. For 30 seconds it takes no part "
        "in failovers."
    ),
    look_at=("Time steps (NTP), a paused virtual machine, a machine without processor time.",),
    do=(
        (
            "Step clocks slowly; give the Sentinel processor time. If all are in TILT at once there is no "
            "failover for half a minute."
        ),
    ),
    example={
        sentinel(1, "redis_sentinel_tilt"): "0x5 1x60",
    },
)
