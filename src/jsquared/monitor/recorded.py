"""Recording rules: what several alerts and panels ask for, computed once by Prometheus."""

_KEYS = (
    '(sum by (deployment, master_name, instance) (redis_db_keys{job="redis"}) and redis:is_primary == 1'
    ' unless on (deployment, instance) redis_loading_dump_file{job="redis"} == 1)'
)
"""The keys of each data node that says it is the primary, and has loaded them all."""
_MEASURED = (
    '(min_over_time(up{job="redis"}[<moment>]) == 1 and count_over_time(up{job="redis"}[<moment>]) >= <moment scrapes>)'
)
"""Data nodes that the exporter was asked for at the last scrape, and at the one before and after it."""

RECORDED = {
    "redis:is_primary": (
        'max by (deployment, master_name, instance) (redis_instance_info{job="redis", role="master"})'
        ' or max by (deployment, master_name, instance) (redis_instance_info{job="redis"} * 0)'
    ),
    "redis:named_primary": (
        "max by (deployment, master_name, instance) (label_replace("
        "max by (deployment, master_name, master_address) (redis_sentinel_master_slaves),"
        ' "instance", "$1", "master_address", "(.+)"))'
    ),
    "redis:promotions": (
        "sum by (deployment, master_name) (changes(redis:is_primary[<storm>]) - resets(redis:is_primary[<storm>]))"
    ),
    # Of the primary that the Sentinels name. Where they are not asked, of the only one: another that returns has keys of its own.
    "redis:keys": (
        f"max by (deployment, master_name) ({_KEYS} and on (deployment, instance) redis:named_primary)"
        f" or sum by (deployment, master_name) ({_KEYS} and on (deployment, master_name)"
        " sum by (deployment, master_name) (redis:is_primary) == 1)"
    ),
    # One scrape late: a primary that has no sample is away only if other nodes have one both then and afterwards. If they have none
    # either, it is the exporter that is away, and nothing is known.
    "redis:primary_there": (
        "max by (deployment, master_name) (redis:is_primary offset <scrape> == 1)"
        f" or 0 * count by (deployment, master_name) ({_MEASURED})"
    ),
    "redis:primary_away": "1 - redis:primary_there",
}
"""Names to expressions, in the order in which they are computed: those below use those above."""
