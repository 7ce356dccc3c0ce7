"""PrimarySDownStuck: a Sentinel sees the primary down, and nothing follows."""

from jsquared.monitor.alert import Alert, Severity
from jsquared.monitor.example import watched

ALERT = Alert(
    name="PrimarySDownStuck",
    severity=Severity.CRITICAL,
    expr='count by (deployment, master_name) (redis_sentinel_master_status{master_status!="ok"} == 0) > 0',
    hold_scrapes=3,
    summary="a Sentinel of {{ $labels.master_name }} sees the primary down and no failover follows",
    means=(
        "One Sentinel or more cannot reach the primary, but there is no failover: the others can reach it "
        "(the network between them is partly cut), the quorum is too high, or every attempt is aborted."
    ),
    look_at=(
        "SENTINEL MASTERS on each Sentinel: who sees s_down?",
        "SENTINEL CKQUORUM.",
        "-failover-abort-no-good-slave or -failover-abort-not-elected in the logs.",
    ),
    do=(
        "Mend the link or the password by which those Sentinels reach the primary.",
        "If the primary is really gone: SENTINEL FAILOVER, once a replica can be promoted.",
    ),
    example={
        watched(1, "redis_sentinel_master_status", master_status="ok"): "1x5 stale",
        watched(1, "redis_sentinel_master_status", master_status="sdown"): "_x6 0x60",
    },
)
