"""What most scenarios ask for is the limits of the situation, between no loss and convergence, each with its reason."""

from jsquared.deployment.read.load import load_deployment
from jsquared.records.plan import Ack, PlannedObjective
from jsquared.scenario.limits import (
    FAILOVER_LIMIT_MS,
    convergence,
    failover,
    full_syncs,
    limits_with_full_copy,
    lost_writes,
    service_limits,
    service_limits_after_other_faults,
    steady_limits,
    write_gap,
)
from jsquared.scenario.situation import Situation, hosts_away
from jsquared.scenario.usual_objectives import failover_objectives, steady_objectives

WITH_DELAYED_COPIES = load_deployment("stock")


def situation(*away: str) -> Situation:
    """``stock``, whose full copies begin late, while the data nodes of these targets are away."""
    return Situation(
        deployment=WITH_DELAYED_COPIES,
        ack=Ack.parse("wait:1"),
        away=hosts_away(WITH_DELAYED_COPIES, away),
        cut_off=frozenset(),
    )


def test_a_lost_primary_is_replaced_in_time() -> None:
    """Service must come back within the usual limit, for the usual reason, where the scenario says nothing else."""
    lost = situation("primary")
    assert failover_objectives("it is on a replica")(lost) == [
        lost_writes("it is on a replica"),
        *service_limits(lost),
        convergence(),
    ]


def test_a_scenario_can_grant_more_time_for_a_reason_of_its_own() -> None:
    """The limit and its reason reach the limits that the scenario chose."""
    lost = situation("primary")
    asked = failover_objectives("it is on a replica", 12_000, "two more seconds", limits=limits_with_full_copy)(lost)
    assert asked[1:-1] == limits_with_full_copy(lost, 12_000, "two more seconds")
    assert asked[1:-1] != service_limits(lost, 12_000, "two more seconds")


def test_after_other_faults_only_the_gap_is_limited() -> None:
    """A failover would be counted from the first fault, which was another one."""
    lost = situation("primary")
    assert [limit.name for limit in service_limits_after_other_faults(lost)] == ["write_gap"]
    assert service_limits_after_other_faults(lost, 20_000, "why") == service_limits(lost, 20_000, "why")[1:]


def test_a_primary_that_stays_serves_on() -> None:
    """No failover, and no long gap."""
    lost = situation("replica:1")
    assert steady_objectives(nothing_lost="it has everything", no_failover="it is well")(lost) == [
        lost_writes("it has everything"),
        *steady_limits(lost, "it is well"),
        convergence(),
    ]


def test_limits_are_about_all_clients_unless_some_are_named() -> None:
    """The names and units are those that the checkers know."""
    usual = {"limit": FAILOVER_LIMIT_MS, "unit": "ms", "reason": "why"}
    assert failover("why") == PlannedObjective(name="failover", **usual)
    assert write_gap("why", clients=["client-1"]) == PlannedObjective(name="write_gap", clients=("client-1",), **usual)
    assert full_syncs(1, "why") == PlannedObjective(
        name="full_syncs", limit=1, unit="full synchronisations", reason="why"
    )
