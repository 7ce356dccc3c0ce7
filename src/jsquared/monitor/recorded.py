"""Recording rules: what several alerts and panels ask for, computed once by Prometheus."""

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
    "redis:keys": (
        'sum by (deployment, master_name) (sum by (deployment, master_name, instance) (redis_db_keys{job="redis"})'
        " and redis:is_primary == 1)"
    ),
    "redis:primary_there": (
        "clamp_max(sum by (deployment, master_name) (redis:is_primary), 1)"
        ' or 0 * count by (deployment, master_name) (up{job="redis"})'
    ),
    "redis:primary_away": "1 - redis:primary_there",
}
"""Names to expressions, in the order in which they are computed: those below use those above."""
