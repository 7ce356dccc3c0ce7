"""What may fairly be asked follows from who is left."""

import pytest

from jsquared.deployment.read.load import load_deployment
from jsquared.errors import BadInputError
from jsquared.records.plan import Ack, Engine, PlannedObjective
from jsquared.scenario.limits import limits_with_full_copy, resume_limits, service_limits, steady_limits
from jsquared.scenario.situation import Situation, hosts_away
from jsquared.scenarios.catalogue import SCENARIOS, SUITES, scenario_named, suite_named

DEPLOYMENT = load_deployment("reference")
CLIENTS = tuple(client.name for client in DEPLOYMENT.clients)


def situation(*away: str, ack: str = "wait:1", cut_off: tuple[str, ...] = ()) -> Situation:
    """``reference`` while the data nodes of these targets are away and others cut off."""
    return Situation(
        deployment=DEPLOYMENT,
        ack=Ack.parse(ack),
        away=hosts_away(DEPLOYMENT, away),
        cut_off=hosts_away(DEPLOYMENT, cut_off),
    )


def names(limits: list[PlannedObjective]) -> list[str]:
    """The objectives' names."""
    return [limit.name for limit in limits]


def test_service_must_come_back_by_itself() -> None:
    """With a majority and enough replicas left, failover and write gap have limits, for the clients in reach."""
    limits = service_limits(situation("primary"))
    assert names(limits) == ["failover", "write_gap"]
    assert {limit.clients for limit in limits} == {CLIENTS}


def test_a_client_that_is_cut_off_resumes_after_the_heal() -> None:
    """Nobody can ask that a client serves that reaches no majority."""
    limits = service_limits(situation("primary", cut_off=("client:1",)))
    assert names(limits) == ["failover", "write_gap", "writes_resume_after_heal"]
    assert set(limits[0].clients) | set(limits[2].clients) == set(CLIENTS)
    assert set(limits[0].clients).isdisjoint(limits[2].clients)


def test_too_few_replicas_wait_for_the_old_primary() -> None:
    """Where the level needs every replica, writes resume only after the old primary was demoted."""
    [limit] = service_limits(situation("primary", ack="wait:2"))
    assert (limit.name, limit.clients) == ("writes_resume_after_heal", CLIENTS)
    assert "demoted" in limit.reason


@pytest.mark.parametrize(
    ("deployment", "engine", "ack", "limit_ms"),
    [
        ("reference", "7.0.15", "wait:1", 10_000),
        ("stock", "7.0.15", "wait:1", 16_000),
        ("stock", "7.0.15", "async", 10_000),
        ("stock", "6.2.14", "wait:1", 10_000),
    ],
)
def test_a_copy_that_begins_late_is_granted(deployment: str, engine: str, ack: str, limit_ms: int) -> None:
    """Where replicas must copy everything, the deployment's own delay is granted to clients that wait for them, with the reason."""
    shipped = load_deployment(deployment)
    away = hosts_away(shipped, ("primary",))
    version = Engine(name="redis", version=engine)
    limits = limits_with_full_copy(Situation(shipped, Ack.parse(ack), away, frozenset(), version))
    assert {limit.limit for limit in limits} == {limit_ms}
    assert all(("repl-diskless-sync-delay" in limit.reason) == (limit_ms > 10_000) for limit in limits)


@pytest.mark.parametrize(("deployment", "limit_ms"), [("reference", 22_000), ("classic-2013", 46_000)])
def test_a_failed_attempt_is_granted_up_to_half_a_minute(deployment: str, limit_ms: int) -> None:
    """Twice failover-timeout is granted once the leader died, but not half an hour of it."""
    shipped = load_deployment(deployment)
    away = hosts_away(shipped, ("primary",))
    situation = Situation(shipped, shipped.majority_ack, away, frozenset())
    limits = scenario_named("leader-crash-after-election").objectives(situation)
    assert [limit.limit for limit in limits if limit.name == "failover"] == [limit_ms]


def test_without_a_promotion_everybody_waits_for_the_heal() -> None:
    """Where nobody can be promoted, writes resume after the heal and not before."""
    [limit] = service_limits(situation("primary", "replica:1", "replica:2"))
    assert (limit.name, limit.clients) == ("writes_resume_after_heal", CLIENTS)
    assert "too few nodes" in limit.reason


def test_a_primary_that_stays_serves_on_where_it_can_be_acknowledged() -> None:
    """Without a failover the gap is limited while enough replicas are left; otherwise writes must resume after the heal."""
    assert names(steady_limits(situation("replica:1"), "it stays")) == ["no_failover", "write_gap"]
    lacking = steady_limits(situation("replica:1", ack="wait:2"), "it stays")
    assert names(lacking) == ["no_failover", "writes_resume_after_heal"]


def test_a_limit_for_nobody_is_none() -> None:
    """Without clients to resume there is nothing to ask."""
    assert resume_limits(()) == []


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenarios_explain_themselves(name: str) -> None:
    """Every scenario says what happens and why its limits are fair, belongs to the full suite and has its name's tags."""
    scenario = scenario_named(name)
    assert scenario.name == name
    assert scenario.title
    assert scenario.description.endswith(".")
    assert scenario.why_fair.endswith(".")
    assert scenario.tags
    assert scenario in suite_named("alerts" if "monitoring" in scenario.tags else "full")
    assert scenario.name == name


def test_suites_grow() -> None:
    """Each suite holds the one before it."""
    held = [{scenario.name for scenario in suite_named(suite)} for suite in SUITES]
    assert held[0]
    assert held[0] <= held[1] <= held[2]
    assert {one.name for one in suite_named("quick,alerts")} == held[0] | held[3]


def test_unknown_names_are_refused_with_near_ones() -> None:
    """A typing mistake gets the nearest names, nonsense gets them all."""
    with pytest.raises(BadInputError, match=r"primary-hung.*Try: primary-hang"):
        scenario_named("primary-hung")
    with pytest.raises(BadInputError, match=r"no such scenario\. Try: jsquared scenarios"):
        scenario_named("zzzz")
    with pytest.raises(BadInputError, match="--suite all: no such suite"):
        suite_named("all")
    with pytest.raises(BadInputError, match=r"no such suite\. Try: standard$"):
        suite_named("standrd")
    with pytest.raises(BadInputError, match="--suite quick,: no such suite"):
        suite_named("quick,")
