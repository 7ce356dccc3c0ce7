"""SentinelQuorumLost: a Sentinel says that no failover could be agreed on."""

from jsquared.monitor.alert import Alert, Severity
from jsquared.monitor.example import sentinel

ALERT = Alert(
    name="SentinelQuorumLost",
    severity=Severity.CRITICAL,
    expr="min by (deployment, master_name) (redis_sentinel_master_ckquorum_status) == 0",
    hold_scrapes=2,
    summary="no failover of {{ $labels.master_name }} could be agreed on",
    means=(
        "Fewer Sentinels are reachable than the quorum or the majority needs. Writes still work; the next "
        "failure of the primary is an outage until somebody acts."
    ),
    look_at=("SENTINEL CKQUORUM on each Sentinel says which of the two is missing.",),
    do=(
        "Start the missing Sentinels, or reconnect them.",
        (
            "Sentinels that were removed for good are still counted: SENTINEL RESET on the remaining ones, one "
            "after the other."
        ),
    ),
    example={
        sentinel(1, "redis_sentinel_master_ckquorum_status", master_name="mymaster", message="NOQUORUM"): "_x6 0x60",
    },
)
