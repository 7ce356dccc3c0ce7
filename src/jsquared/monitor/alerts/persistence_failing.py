"""PersistenceFailing: saving to disk fails."""

from jsquared.monitor.alert import Alert, Severity
from jsquared.monitor.example import data

ALERT = Alert(
    name="PersistenceFailing",
    severity=Severity.CRITICAL,
    expr=(
        "redis_rdb_last_bgsave_status == 0 or redis_aof_last_write_status == 0 or redis_aof_last_bgrewrite_status == 0"
    ),
    summary="{{ $labels.instance }} cannot save to disk",
    means=(
        "With stop-writes-on-bgsave-error the server soon refuses writes (MISCONF), and Sentinel takes that "
        "for a failure and fails over, to a node that may have the same problem."
    ),
    look_at=("df and the kernel's log on its host; dir and its owner; memory for the fork (overcommit_memory).",),
    do=("Make room or mend the disk, then BGSAVE.",),
    example={
        data(1, "redis_rdb_last_bgsave_status"): "1x5 0x60",
    },
)
