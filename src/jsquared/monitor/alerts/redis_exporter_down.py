"""RedisExporterDown: nothing can be measured: the exporter does not answer."""

from jsquared.monitor.alert import Alert, Severity
from jsquared.monitor.example import data, sentinel

ALERT = Alert(
    name="RedisExporterDown",
    severity=Severity.CRITICAL,
    expr=(
        'count by (deployment) (up{job=~"redis|sentinel"} == 0) == count by (deployment) (up{job=~"redis|sentinel"})'
    ),
    hold_scrapes=2,
    summary="no node of {{ $labels.deployment }} can be measured",
    means=(
        "Every scrape fails at once. Either the exporter is dead, or the network between it and the whole "
        "deployment is."
    ),
    look_at=(
        "The exporter's process and its log.",
        "Whether clients are served: ask a Sentinel for the primary and write a key.",
    ),
    do=("Restart the exporter; until then no other alert of this deployment means anything.",),
    example={
        data(1, "up"): "1x5 0x60",
        data(2, "up"): "1x5 0x60",
        data(3, "up"): "1x5 0x60",
        sentinel(1, "up"): "1x5 0x60",
        sentinel(2, "up"): "1x5 0x60",
        sentinel(3, "up"): "1x5 0x60",
    },
)
