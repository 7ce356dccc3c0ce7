"""WritesRejected: servers refuse writes."""

from jsquared.monitor.alert import Alert, Area, Severity
from jsquared.monitor.example import data

ALERT = Alert(
    name="WritesRejected",
    severity=Severity.CRITICAL,
    area=Area.APPLICATION,
    expr=(
        'sum by (deployment, master_name, instance, err) (increase(redis_errors_total{job="redis", '
        'err=~"NOREPLICAS|OOM|MISCONF|READONLY|MASTERDOWN"}[<window>])) > 0 or sum by (deployment, '
        'master_name, instance, err) (redis_errors_total{job="redis", '
        'err=~"NOREPLICAS|OOM|MISCONF|READONLY|MASTERDOWN"} unless redis_errors_total offset <window>) > 0'
    ),
    summary="{{ $labels.instance }} refuses writes with {{ $labels.err }}",
    means=(
        "NOREPLICAS: too few replicas are in touch. OOM: memory is full and nothing may be evicted. MISCONF: "
        "saving to disk fails. READONLY: clients write to a replica. MASTERDOWN: a replica without its "
        "primary refuses reads."
    ),
    look_at=(
        ("For NOREPLICAS ReplicaLag and ReplicaLinkDown; for OOM MemoryNearMax; for MISCONF PersistenceFailing."),
        "For READONLY: do clients ask the Sentinels again after a failover?",
    ),
    do=("Mend what the error names; an application that goes on against READONLY has a stale connection.",),
    example={
        data(1, "redis_errors_total", err="NOREPLICAS"): "_x6 5x60",
    },
)
