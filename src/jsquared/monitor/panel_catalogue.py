"""Every panel, in the order in which people look: who serves, what the Sentinels think, replication, writes, data, the promise."""

from jsquared.monitor.panel import Panel, Query, Shape, State, Tone, Unit

_REFUSED = 'redis_errors_total{job="redis", err=~"NOREPLICAS|OOM|MISCONF|READONLY|MASTERDOWN", <of>}'
_BEHIND = (
    '((redis_master_repl_offset{job="redis", <of>} and on (deployment, instance) redis:is_primary == 1) - on (deployment, instance)'
    " group_right () redis_connected_slave_offset_bytes{<of>})"
)
_SAVES = (State(1, "saves", Tone.GOOD), State(0, "fails", Tone.BAD))
BUDGET = 0.001
"""The share of time without a primary that the objective allows, as in the alert WriteSLOBurn."""

FAILOVERS = Query(
    "(redis:named_primary{<of>} unless on (deployment, master_name, instance) redis:named_primary offset <window>)"
    " and on (deployment, master_name) redis:named_primary offset <window>",
    "failover of {{master_name}} to {{instance}}",
)
"""The annotation: an address that nobody named as the primary a minute ago, for as long as that is so."""

PANELS: tuple[Panel, ...] = (
    Panel(
        name="primary",
        title="Primary",
        shows="Which data node says that it is the primary. Two at a time are a split brain, none is an outage.",
        shape=Shape.STATES,
        queries=(Query("redis:is_primary{<of>}", "{{instance}}"),),
        states=(State(1, "primary", Tone.GOOD), State(0, "replica", Tone.PLAIN)),
    ),
    Panel(
        name="primary-since",
        title="Primary since",
        shows="How long the primary has been that, as far back as a day and as Prometheus knows.",
        shape=Shape.NUMBER,
        unit=Unit.SECONDS,
        queries=(
            Query(
                "(time() - (max_over_time(timestamp(redis:is_primary{<of>} == 0)[1d:])"
                " or min_over_time(timestamp(redis:is_primary{<of>} == 1)[1d:]))) and redis:is_primary{<of>} == 1",
                "{{instance}}",
            ),
        ),
    ),
    Panel(
        name="servers",
        title="Servers",
        shows="Which servers answer. A server that hangs is shown as one that does not.",
        shape=Shape.STATES,
        queries=(
            Query(
                "max by (deployment, master_name, instance)"
                ' (redis_up{job=~"redis|sentinel", <in>} or up{job=~"redis|sentinel", <in>})',
                "{{instance}}",
            ),
        ),
        states=(State(1, "answers", Tone.PLAIN), State(0, "silent", Tone.BAD)),
    ),
    Panel(
        name="agreement",
        title="Sentinels that name each primary",
        shows="Each line is an address, and how many Sentinels name it. Two lines at a time: they disagree.",
        queries=(
            Query(
                "count by (deployment, master_name, master_address) (redis_sentinel_master_slaves{<of>})",
                "{{master_name}} is {{master_address}}",
            ),
        ),
    ),
    Panel(
        name="failover-possible",
        title="Could a failover be agreed on?",
        shows="What each Sentinel says when it is asked for quorum and majority.",
        shape=Shape.STATES,
        queries=(
            Query(
                "min by (deployment, master_name, instance) (redis_sentinel_master_ckquorum_status{<of>})",
                "{{master_name}} by {{instance}}",
            ),
        ),
        states=(State(1, "yes", Tone.GOOD), State(0, "no", Tone.BAD)),
    ),
    Panel(
        name="quorum-margin",
        title="Sentinels that may still fail",
        shows="Reachable Sentinels beyond the majority that a failover needs, by the Sentinel that sees the fewest. Below 0 there is none.",
        queries=(
            Query(
                "min by (deployment, master_name) (redis_sentinel_master_ok_sentinels{<of>}"
                " - floor(redis_sentinel_master_sentinels{<of>} / 2) - 1)",
                "{{master_name}}",
            ),
        ),
        limit=0,
    ),
    Panel(
        name="replication-lag",
        title="Replication lag",
        shows="Seconds since each replica's last acknowledgement. What was written since then may be lost in a failover.",
        unit=Unit.SECONDS,
        queries=(
            Query(
                "max by (deployment, master_name, slave_ip, slave_port) (redis_connected_slave_lag_seconds{<of>})",
                "{{slave_ip}}:{{slave_port}}",
            ),
        ),
    ),
    Panel(
        name="replication-gap",
        title="Gap against the backlog",
        shows="How far each replica is behind, as a part of the backlog. Beyond all of it a lost connection needs a full copy.",
        unit=Unit.RATIO,
        queries=(
            Query(
                f"clamp_min({_BEHIND} / on (deployment, instance) group_left ()"
                ' redis_replication_backlog_bytes{job="redis", <of>}, 0)',
                "{{slave_ip}}:{{slave_port}}",
            ),
        ),
        limit=1,
    ),
    Panel(
        name="replica-links",
        title="Replicas in touch",
        shows="Whether each replica has a connection to its primary.",
        shape=Shape.STATES,
        queries=(
            Query(
                'max by (deployment, master_name, instance) (redis_master_link_up{job="redis", <of>})', "{{instance}}"
            ),
        ),
        states=(State(1, "connected", Tone.PLAIN), State(0, "cut off", Tone.BAD)),
    ),
    Panel(
        name="write-errors",
        title="Refused writes",
        shows="Errors within the last minute by their kind: too few replicas, no memory, no disk, not the primary.",
        queries=(
            Query(
                f"(sum by (deployment, master_name, err) (increase({_REFUSED}[<window>])) > 0) or"
                f" sum by (deployment, master_name, err) ({_REFUSED} unless redis_errors_total offset <window>"
                ' and on (deployment, instance) redis_up{job="redis"} offset <window> == 1)'
                f" or sum by (deployment, master_name, err) ({_REFUSED} and on (deployment, instance)"
                ' redis_uptime_in_seconds{job="redis"} < <window seconds>)',
                "{{err}}",
            ),
        ),
    ),
    Panel(
        name="persistence",
        title="Persistence",
        shows="Whether the last snapshot and the last write to the append-only file worked. A primary whose snapshot fails is failed over.",
        shape=Shape.STATES,
        queries=(
            Query('redis_rdb_last_bgsave_status{job="redis", <of>}', "{{instance}} snapshot"),
            Query('redis_aof_last_write_status{job="redis", <of>}', "{{instance}} append-only file"),
        ),
        states=_SAVES,
    ),
    Panel(
        name="unsaved",
        title="Changes since the last snapshot",
        shows="What a node that starts from its snapshot would not have.",
        queries=(Query('redis_rdb_changes_since_last_save{job="redis", <of>}', "{{instance}}"),),
    ),
    Panel(
        name="memory",
        title="Memory",
        shows="What each node uses.",
        unit=Unit.BYTES,
        queries=(Query('redis_memory_used_bytes{job="redis", <of>}', "{{instance}}"),),
    ),
    Panel(
        name="memory-share",
        title="Memory against maxmemory",
        shows="At all of it writes are refused or keys evicted. Empty where maxmemory is not set.",
        unit=Unit.RATIO,
        queries=(
            Query(
                'redis_memory_used_bytes{job="redis", <of>} / (redis_memory_max_bytes{job="redis", <of>} > 0)',
                "{{instance}}",
            ),
        ),
        limit=1,
    ),
    Panel(
        name="slo-burn",
        title="Error budget",
        shows="How many times faster than 99.9 % allows the time without a primary uses up the budget. Both above 14.4: WriteSLOBurn.",
        unit=Unit.TIMES,
        queries=(
            Query(
                f"(1 - avg_over_time(redis:primary_there{{<of>}}[<long>])) / {BUDGET}", "{{master_name}}, long window"
            ),
            Query(
                f"(1 - avg_over_time(redis:primary_there{{<of>}}[<short>])) / {BUDGET}", "{{master_name}}, short window"
            ),
        ),
        limit=14.4,
    ),
    Panel(
        name="alerts",
        title="Alerts that fire",
        shows="All but the watchdog, which fires always. 'jsquared alerts list NAME' has the runbook of each.",
        shape=Shape.STATES,
        queries=(
            Query(
                'max by (alertname, severity) (ALERTS{alertstate="firing", alertname!="Watchdog", <in>})',
                "{{alertname}}",
            ),
        ),
        states=(State(1, "fires", Tone.BAD),),
    ),
)
