"""Memory limits and eviction: a static check."""

from jsquared.scenarios.static_check import static_check

SCENARIO = static_check(
    name="config-memory",
    title="Memory limits and eviction",
    description="maxmemory and the eviction policy of every data node.",
    why_fair="Where memory decides what is kept, acknowledged writes go without any failure, and a failover may not fit.",
    ways=("aof-disk-full",),
    rules=("eviction", "maxmemory-differs"),
    expected={"reference": "pass", "apart": "pass", "classic-2013": "pass", "stock": "pass"},
)
