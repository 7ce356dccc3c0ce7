"""WritesRejected: servers refuse writes."""

from jsquared.monitor.alert import Alert, Area, Severity
from jsquared.monitor.example import Case, data

_ERRORS = 'redis_errors_total{job="redis", err=~"NOREPLICAS|OOM|MISCONF|READONLY|MASTERDOWN"}'
_EACH = "sum by (deployment, master_name, instance, err)"
_NEW = data(1, "redis_errors_total", err="NOREPLICAS")
# A counter is not there before the first error. Its errors are new if it was not there a window ago although the server was measured,
# or if the server has not run for longer. Without either they may be old: after a start of Prometheus, and after a gap.
_BORN = f'({_ERRORS} unless {_ERRORS} offset <window>) and on (deployment, instance) redis_up{{job="redis"}} offset <window> == 1'
_SINCE_START = f'{_ERRORS} and on (deployment, instance) redis_uptime_in_seconds{{job="redis"}} < <window seconds>'

ALERT = Alert(
    name="WritesRejected",
    severity=Severity.CRITICAL,
    area=Area.APPLICATION,
    expr=(f"{_EACH} (increase({_ERRORS}[<window>])) > 0 or {_EACH} ({_BORN}) > 0 or {_EACH} ({_SINCE_START}) > 0"),
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
        _NEW: "_x<window scrapes> _x6 5x<short scrapes>",
    },
    example_scrapes="<window scrapes> + <window scrapes> + 20",
    cases=(
        Case(
            name="one more of a kind that has been there",
            series={_NEW: "5x5 6x60"},
            fires=True,
        ),
        Case(
            name="errors that were there when Prometheus was started",
            series={_NEW: "5x<short scrapes>"},
            fires=False,
            scrapes="<window scrapes> + <window scrapes> + 20",
        ),
        Case(
            name="a node with old errors that was not measured for some scrapes",
            series={
                _NEW: "5x<window scrapes> stale _x3 5x<short scrapes>",
                data(1, "up"): "1x<window scrapes> 0x3 1x<short scrapes>",
                data(1, "redis_up"): "1x<window scrapes> stale _x3 1x<short scrapes>",
                data(1, "redis_uptime_in_seconds"): "1000x<window scrapes> stale _x3 1000x<short scrapes>",
            },
            fires=False,
            scrapes="<window scrapes> + <window scrapes> + 20",
        ),
        Case(
            name="a node with old errors that becomes a target",
            series={
                _NEW: "_x<window scrapes> 5x<short scrapes>",
                data(1, "up"): "_x<window scrapes> 1x<short scrapes>",
                data(1, "redis_up"): "_x<window scrapes> 1x<short scrapes>",
                data(1, "redis_uptime_in_seconds"): "_x<window scrapes> 1000x<short scrapes>",
            },
            fires=False,
            scrapes="<window scrapes> + <window scrapes> + 20",
        ),
        Case(
            name="an error of a node that was away for longer than the window",
            series={
                _NEW: "_x<window scrapes> _x10 5x<short scrapes>",
                data(1, "redis_up"): "1x5 0x<window scrapes> 0x2 1x<short scrapes>",
                data(1, "redis_uptime_in_seconds"): "1000x5 stale _x<window scrapes> _x3 0+1x<short scrapes>",
            },
            fires=True,
            scrapes="<window scrapes> + <window scrapes> + 20",
        ),
    ),
)
