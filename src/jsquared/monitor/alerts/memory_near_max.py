"""MemoryNearMax: memory is nearly used up."""

from jsquared.monitor.alert import Alert, Area, Severity
from jsquared.monitor.example import data

ALERT = Alert(
    name="MemoryNearMax",
    severity=Severity.WARNING,
    area=Area.APPLICATION,
    expr="redis_memory_used_bytes / (redis_memory_max_bytes > 0) > 0.9",
    hold_scrapes=2,
    summary="{{ $labels.instance }} uses {{ $value | humanizePercentage }} of maxmemory",
    means="Soon keys are evicted, or writes refused with OOM, depending on maxmemory-policy.",
    look_at=(
        "Which keys have grown: --bigkeys, MEMORY USAGE.",
        "Expiry: does the application still set times to live?",
    ),
    do=("Raise maxmemory where the host has it, or take data out.",),
    example={
        data(1, "redis_memory_used_bytes"): "10x5 95x60",
    },
)
