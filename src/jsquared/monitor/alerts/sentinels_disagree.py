"""SentinelsDisagree: sentinels name different primaries."""

from jsquared.monitor.alert import Alert, Severity
from jsquared.monitor.example import watched

ALERT = Alert(
    name="SentinelsDisagree",
    severity=Severity.CRITICAL,
    expr="count by (deployment, master_name) (redis:named_primary) > 1",
    hold_scrapes=3,
    summary="the Sentinels name {{ $value }} primaries of {{ $labels.master_name }}",
    means=(
        "Some of them have not heard of the last failover: they are cut off, or were restored with an old "
        "configuration. Clients that ask those are sent to the wrong server."
    ),
    look_at=("SENTINEL GET-MASTER-ADDR-BY-NAME and the config-epoch on each Sentinel.",),
    do=(
        (
            "Reconnect the ones with the lower epoch; they take over the newer one from the hello messages within"
            " two seconds."
        ),
    ),
    example={
        watched(3, "redis_sentinel_master_slaves"): "2x5 stale",
        watched(3, "redis_sentinel_master_slaves", primary=2): "_x6 2x60",
    },
)
