"""The catalogue of scenarios and the suites made of them."""

import difflib
from collections.abc import Sequence

from jsquared.errors import BadInputError
from jsquared.scenarios import (
    all_primaries_crash,
    busy_script,
    client_misses_failover,
    clock_skew,
    clock_step_primary,
    clock_step_sentinels,
    clock_step_then_crash,
    config_acknowledgement,
    config_addresses,
    config_candidates,
    config_clients,
    config_host_names,
    config_isolated_primary,
    config_known_sentinels,
    config_memory,
    config_persistence,
    config_quorum,
    config_replication_buffers,
    config_replication_login,
    config_sentinel_login,
    config_sentinel_majority,
    config_timings,
    config_tls,
    host_lost,
    last_replica_empty,
    leader_crash_after_election,
    leader_crash_after_promotion,
    manual_failover,
    manual_failover_coordinated,
    network_lossy,
    primary_and_replica_isolated,
    primary_crash,
    primary_flapping,
    primary_hang,
    primary_inbound_cut,
    primary_isolated,
    primary_isolated_with_client,
    primary_links_slow,
    primary_made_replica,
    primary_outbound_cut,
    primary_restart_empty,
    primary_restart_fast,
    primary_restart_with_delay,
    primary_short_hang,
    primary_wrong_password,
    priority_beats_data,
    quorum_too_high,
    quorum_too_low,
    replica_crash,
    replica_isolated,
    replica_of_no_one,
    replica_repointed,
    replica_wrong_masterauth,
    replica_wrong_password,
    replication_cut_then_crash,
    replication_thin_then_crash,
    rolling_restart,
    rolling_upgrade,
    sentinel_crash,
    sentinel_majority_lost,
    sentinel_old_config,
    sentinel_recreated,
    sentinels_blind,
    sentinels_paused_then_crash,
    sentinels_reset_then_crash,
    sentinels_reset_while_down,
    sentinels_rolling_restart,
    sentinels_slow_then_crash,
    slow_names,
    split_vote,
    stale_sentinels_counted,
    zone_isolated,
    zone_lost,
)
from jsquared.scenarios.scenario import Scenario

SCENARIOS: dict[str, Scenario] = {
    module.SCENARIO.name: module.SCENARIO
    for module in (
        primary_crash,
        primary_hang,
        primary_isolated,
        primary_isolated_with_client,
        primary_and_replica_isolated,
        replication_cut_then_crash,
        sentinels_paused_then_crash,
        primary_restart_fast,
        host_lost,
        zone_lost,
        zone_isolated,
        all_primaries_crash,
        replica_crash,
        sentinel_crash,
        replica_isolated,
        primary_outbound_cut,
        primary_inbound_cut,
        sentinels_blind,
        primary_short_hang,
        primary_flapping,
        sentinel_majority_lost,
        client_misses_failover,
        rolling_restart,
        manual_failover,
        manual_failover_coordinated,
        leader_crash_after_election,
        leader_crash_after_promotion,
        busy_script,
        priority_beats_data,
        quorum_too_low,
        quorum_too_high,
        last_replica_empty,
        primary_restart_empty,
        slow_names,
        clock_step_then_crash,
        clock_step_primary,
        clock_skew,
        clock_step_sentinels,
        config_sentinel_majority,
        config_quorum,
        config_known_sentinels,
        config_acknowledgement,
        config_isolated_primary,
        config_timings,
        config_replication_login,
        config_sentinel_login,
        config_tls,
        config_host_names,
        config_addresses,
        config_persistence,
        config_candidates,
        config_replication_buffers,
        config_memory,
        config_clients,
        sentinel_recreated,
        stale_sentinels_counted,
        sentinels_reset_then_crash,
        sentinels_reset_while_down,
        sentinel_old_config,
        sentinels_rolling_restart,
        replica_repointed,
        replica_of_no_one,
        primary_made_replica,
        replica_wrong_masterauth,
        replica_wrong_password,
        primary_wrong_password,
        primary_restart_with_delay,
        rolling_upgrade,
        primary_links_slow,
        network_lossy,
        replication_thin_then_crash,
        sentinels_slow_then_crash,
        split_vote,
    )
}
SUITES = ("quick", "standard", "full")


def scenario_named(name: str) -> Scenario:
    """The scenario of that name.

    :raises BadInputError: there is none; the nearest names are suggested.
    """
    try:
        return SCENARIOS[name]
    except KeyError:
        near = difflib.get_close_matches(name, SCENARIOS, n=2) or list(SCENARIOS)
        raise BadInputError("no such scenario", where=f"scenario '{name}'", try_=", ".join(near)) from None


def suite_named(name: str) -> Sequence[Scenario]:
    """The scenarios of a suite: ``quick`` takes under a minute, ``standard`` is what a sound deployment survives, ``full`` is all.

    :raises BadInputError: there is no such suite.
    """
    if name not in SUITES:
        raise BadInputError("no such suite", where=f"--suite {name}", try_=", ".join(SUITES))
    return [scenario for scenario in SCENARIOS.values() if name in scenario.suites]
