"""Every alert, by its name, in the order in which people read them: nodes, failovers, Sentinels, replication, data, the way to people."""

import importlib

from jsquared.monitor.alert import Alert

_MODULES = """
    redis_down
    redis_unresponsive
    redis_exporter_down
    sentinel_down
    primary_odown
    primary_sdown_stuck
    no_usable_primary
    multiple_primaries
    sentinels_disagree
    failover_happened
    failover_storm
    sentinel_quorum_lost
    sentinel_peer_missing
    sentinel_count_wrong
    sentinel_not_monitoring
    sentinel_tilt
    no_promotable_replica
    ghost_replica
    replica_link_down
    replica_not_online
    replica_lag
    gap_beyond_backlog
    link_flapping
    full_resync
    primary_restarted_in_place
    dataset_shrank
    writes_rejected
    persistence_failing
    memory_near_max
    connections_rejected
    notifications_failing
    watchdog
    write_slo_burn
"""

ALERTS: dict[str, Alert] = {
    alert.name: alert
    for alert in (importlib.import_module(f"jsquared.monitor.alerts.{name}").ALERT for name in _MODULES.split())
}
