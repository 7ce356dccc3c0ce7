"""RedisUnresponsive: a data node takes connections and says nothing."""

from jsquared.monitor.alert import Alert, Severity
from jsquared.monitor.example import data

ALERT = Alert(
    name="RedisUnresponsive",
    severity=Severity.CRITICAL,
    expr='up{job="redis"} == 0',
    hold_scrapes=2,
    summary="{{ $labels.instance }} hangs",
    means=(
        "The scrape of this node ends without an answer: the process is stopped, stuck in a script or a slow "
        "command, or waits for its disk. redis_up is absent then rather than 0, so RedisDown stays silent."
    ),
    look_at=(
        "Its state on the host: T is stopped, D waits for the disk, R computes.",
        "SLOWLOG GET once it answers again.",
        "RedisExporterDown: if every node hangs at once, it is the exporter.",
    ),
    do=(
        (
            "Let a stopped process go on only after the failover has happened, or end it: a primary that wakes up"
            " acknowledges writes for some seconds that will be lost."
        ),
        "SCRIPT KILL, or FUNCTION KILL, where a script runs without end.",
    ),
    example={
        data(2, "up"): "1x5 0x60",
    },
)
