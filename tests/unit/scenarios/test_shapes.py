"""Every scenario on deployments of every size: it makes a plan that can be played and kept, or declines with a sentence."""

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from jsquared.check.objectives import MEASURES
from jsquared.deployment.model.directives import Source
from jsquared.deployment.model.spec import Deployment
from jsquared.deployment.read.yaml.yaml_form import from_yaml
from jsquared.deployment.render.render import Rendered
from jsquared.errors import BadInputError
from jsquared.faults.catalogue import FAULTS, complete
from jsquared.faults.schedule import Conductor
from jsquared.faults.targets import hosts_of
from jsquared.records.plan import Ack, Engine, Plan, Workload
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.sandbox import SandboxKind
from jsquared.scenario.scenario import Scenario
from jsquared.scenario.situation import Situation, hosts_away
from jsquared.scenarios.catalogue import SCENARIOS
from jsquared.trial.place import rehearse
from jsquared.trial.plan import assemble

VALKEY = Engine(name="valkey", version="9.1.2", path="/usr/bin/valkey-server")
REDIS = Engine(name="redis", version="7.0.15", path="/usr/bin/redis-server")
SOUND = "sentinel: {down-after-milliseconds: 3500, failover-timeout: 6000}\nredis: {appendonly: yes}\n"


def hosts(letter: str, count: int) -> str:
    """``n1, n2, n3``."""
    return ", ".join(f"{letter}{number}" for number in range(1, count + 1))


def shape(data: int, sentinels: str, quorum: int, more: str = SOUND) -> str:
    """A deployment of so many data nodes on ``n1`` …, with Sentinels on these hosts."""
    return f"data: [{hosts('n', data)}]\nsentinels: [{sentinels}]\nquorum: {quorum}\n{more}"


SHAPES = {
    "one replica": shape(2, "n1, n2, s1", 2),
    "one replica, one client": shape(2, "n1, n2, s1", 2, SOUND + "clients: {count: 1}"),
    "one replica, Sentinels elsewhere": shape(2, hosts("s", 3), 2),
    "one replica, five Sentinels": shape(2, "n1, n2, s1, s2, s3", 3),
    "two replicas": shape(3, hosts("n", 3), 2),
    "two replicas, one client": shape(3, hosts("n", 3), 2, SOUND + "clients: {count: 1}"),
    "two replicas, a quorum of all": shape(3, hosts("n", 3), 3),
    "two replicas, four Sentinels": shape(3, hosts("n", 3) + ", s1", 3),
    "two replicas, five Sentinels": shape(3, hosts("n", 3) + ", s1, s2", 2),
    "two replicas, seven Sentinels": shape(3, hosts("n", 3) + ", " + hosts("s", 4), 4),
    "three replicas, Sentinels on some": shape(4, hosts("n", 3), 2),
    "three replicas, five Sentinels": shape(4, hosts("n", 4) + ", s1", 3),
    "four replicas": shape(5, hosts("n", 5), 3),
    "four replicas, a low quorum": shape(5, hosts("n", 5), 2),
    "four replicas, clients with the data": shape(5, hosts("n", 5), 3, SOUND + "clients: {on: data, ask: own}"),
    "four replicas, three Sentinels": shape(5, "n1, n3, n5", 2),
    "five replicas, seven Sentinels": shape(6, hosts("n", 6) + ", s1", 4),
    "five replicas, a quorum of two": shape(6, hosts("n", 6) + ", s1", 2),
    "stock": shape(3, hosts("n", 3), 2, ""),
    "strict": shape(3, hosts("n", 3), 2, SOUND.replace("yes}", "yes, min-replicas-to-write: 2}")),
    "two primaries": "primaries: {a: {data: [n1, n2, n3]}, b: {data: [n4, n5]}}\nsentinels: [n1, n2, n3, n4, n5]\n"
    + SOUND,
    "two primaries on the same hosts": (
        "primaries: {a: {data: [n1, n2, n3]}, b: {data: [n2, n3, n1]}}\nsentinels: [n1, n2, n3]\n" + SOUND
    ),
}


@cache
def deployment_of(name: str) -> Deployment:
    """The deployment of that shape."""
    return from_yaml(SHAPES[name], Source("shape.yaml", "shape.yaml"), Path())


@cache
def each_primary(name: str) -> list[Deployment]:
    """The deployment of that shape, about each of its primaries."""
    whole = deployment_of(name)
    return [whole.about(master) for master in whole.master_names]


ANYWHERE = SandboxKind("anywhere", frozenset(), 250)
"""A sandbox in which nothing is started."""


class _Rehearsals:
    """Rehearses each deployment once for each engine, since no scenario changes what is in the files of its servers."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str], tuple[Deployment, Rendered]] = {}

    def __call__(self, deployment: Deployment, engine: Engine, sandbox: SandboxKind) -> Rendered:
        """The files of a deployment, as :func:`rehearse` makes them."""
        key = id(deployment), engine.name
        if key not in self._known:
            self._known[key] = deployment, rehearse(deployment, engine, sandbox)
        return self._known[key][1]


@pytest.fixture(autouse=True, scope="module")
def rehearsed_once() -> Iterator[None]:
    """Plans of this module share what is rendered."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("jsquared.trial.plan.rehearse", _Rehearsals())
        yield


def planned(scenario: Scenario, deployment: Deployment, engine: Engine, ack: str = "") -> Plan | str:
    """The plan, or why there is none."""
    try:
        return assemble(
            scenario,
            deployment=deployment,
            engine=engine,
            sandbox=ANYWHERE,
            ack=Ack.parse(ack) if ack else None,
            workload=Workload(),
            seed=1,
            command=["jsquared"],
        )
    except BadInputError as problem:
        return str(problem)


def situation_of(scenario: Scenario, deployment: Deployment, plan: Plan) -> Situation:
    """Who is left, as the scenario itself says."""
    away, cut_off = (hosts_away(deployment, words) for words in (scenario.away, scenario.cut_off))
    return Situation(deployment=deployment, ack=plan.ack, away=away, cut_off=cut_off)


def running(plan: Plan) -> RunningDeployment:
    """A converged deployment of which only targets are asked."""
    first = {node.master_name: node.name for node in plan.all_data_nodes() if node.initial_primary}
    own = next(node.name for node in plan.data_nodes() if node.initial_primary)
    stub = SimpleNamespace(
        plan=plan,
        last_primary=lambda master="": first[master] if master else own,
        primaries=lambda: first,
        replicas=lambda: [node.name for node in plan.data_nodes() if node.name != own],
        leading_sentinel=lambda: plan.sentinels()[0].name,
        role=lambda _: SimpleNamespace(offset=1),
        events=None,
    )
    return cast("RunningDeployment", stub)


def check_playable(plan: Plan) -> None:
    """Every fault is known, takes its parameters, has targets that are there, and moments that come."""
    deployment = running(plan)
    for fault in plan.faults:
        complete(FAULTS[fault.name], fault.parameters)
        assert hosts_of(deployment, fault.targets) or FAULTS[fault.name].of_monitoring, fault
    Conductor(plan.faults, deployment, cast("Any", None), recovered=bool, recovery_limit_s=1)


def check_fair(scenario: Scenario, plan: Plan, situation: Situation) -> None:
    """Nothing is asked before the heal that cannot be acknowledged there, nor of clients that reach nobody."""
    asked = {objective.name: objective for objective in plan.objectives}
    assert set(asked) <= set(MEASURES)
    assert all(objective.reason for objective in plan.objectives)
    if "failover" in asked and scenario.away:
        assert situation.acknowledges_by_itself
        assert situation.fails_over or plan.expect_failover
    for name in ("failover", "write_gap"):
        if name in asked and scenario.cut_off:
            clients = asked[name].clients or tuple(client.name for client in plan.clients)
            assert set(clients).isdisjoint(situation.isolated_clients)
    if "write_gap" in asked and scenario.away:
        assert situation.acknowledges_by_itself
    if "no_failover" in asked:
        assert not plan.expect_failover
    if plan.recovery == "writes":
        assert situation.acknowledges_by_itself
        assert situation.reachable_clients


@pytest.mark.parametrize("name", [name for name, scenario in SCENARIOS.items() if not scenario.rules])
def test_a_scenario_fits_or_says_why_not(name: str) -> None:
    """On every shape a scenario gives a plan that can be played with limits that can be kept, or one sentence."""
    scenario = SCENARIOS[name]
    for form in SHAPES:
        for deployment in each_primary(form):
            plan = planned(scenario, deployment, VALKEY)
            if isinstance(plan, str):
                assert plan.startswith(("scenario '", "deployment '")), (form, plan)
                continue
            check_playable(plan)
            if "standard" in scenario.suites:  # others show a cost that no deployment is spared
                check_fair(scenario, plan, situation_of(scenario, deployment, plan))


NEVER_DECLINE = ("primary-crash", "primary-hang", "primary-isolated", "host-lost", "replica-crash", "sentinel-crash")


@pytest.mark.parametrize("form", SHAPES)
def test_the_plain_scenarios_fit_every_shape(form: str) -> None:
    """A crash, a hang and a cut need one replica and a majority of Sentinels, and nothing else."""
    for name in NEVER_DECLINE:
        assert isinstance(planned(SCENARIOS[name], deployment_of(form), VALKEY), Plan)


def objectives(name: str, form: str, ack: str = "") -> dict[str, float]:
    """The limits of a scenario on a shape, by objective."""
    plan = planned(SCENARIOS[name], deployment_of(form), VALKEY, ack)
    assert isinstance(plan, Plan), plan
    return {objective.name: objective.limit for objective in plan.objectives}


def test_with_one_replica_the_majority_level_waits_for_the_old_primary() -> None:
    """Nothing can be acknowledged before it is back and demoted, so nothing is asked before; asynchronous writes come back at once."""
    assert set(objectives("primary-crash", "one replica")) == {"lost_writes", "writes_resume_after_heal", "convergence"}
    assert {"failover", "write_gap"} <= set(objectives("primary-crash", "one replica", "async"))
    assert (
        objectives("manual-failover", "one replica")["write_gap"]
        > objectives("manual-failover", "two replicas")["write_gap"]
    )


def test_a_lone_client_that_is_cut_off_is_asked_for_nothing_before_the_heal() -> None:
    """An objective without clients would be about all of them."""
    asked = objectives("primary-isolated-with-client", "two replicas, one client")
    assert set(asked) == {"lost_writes", "writes_resume_after_heal", "convergence"}


DECLINES: Sequence[tuple[str, str, str]] = (
    ("zone-lost", "two replicas", "needs servers on 5 hosts or more, so that two of them are a minority; there are 3"),
    ("zone-lost", "one replica, Sentinels elsewhere", "if any other host is lost with the primary's"),
    ("all-primaries-crash", "four replicas", "its Sentinels monitor one primary, and this takes two"),
    ("priority-beats-data", "one replica", "needs a second replica"),
    ("leader-crash-after-election", "two replicas, a quorum of all", "2 of 3 are left, and a failover takes 3"),
)


@pytest.mark.parametrize(("name", "form", "why"), DECLINES)
def test_what_cannot_be_played_is_declined(name: str, form: str, why: str) -> None:
    """The sentence says what is missing."""
    said = planned(SCENARIOS[name], deployment_of(form), VALKEY)
    assert isinstance(said, str)
    assert why in said


def test_a_primary_without_replicas_cannot_be_replaced() -> None:
    """Where one of several primaries stands alone, they cannot all fail over."""
    text = "primaries: {a: {data: [n1, n2]}, b: {data: [n3]}}\nsentinels: [n1, n2, n3]"
    said = planned(SCENARIOS["all-primaries-crash"], from_yaml(text, Source("x", "x"), Path()), VALKEY)
    assert "b has no replica that could be promoted" in str(said)


def test_an_old_engine_has_no_coordinated_failover() -> None:
    """What an engine lacks is said with its version."""
    said = planned(SCENARIOS["manual-failover-coordinated"], deployment_of("two replicas"), REDIS)
    assert "needs Valkey 9.0 or newer; redis 7.0.15 has no coordinated failover" in str(said)


@pytest.mark.parametrize(
    ("form", "zone"),
    [
        ("four replicas", {"n1", "n2"}),
        ("two replicas, five Sentinels", {"n1", "s1"}),
        ("four replicas, three Sentinels", {"n1", "n2"}),
        ("three replicas, five Sentinels", {"n1", "s1"}),
        ("five replicas, a quorum of two", {"n1", "n2"}),
    ],
)
def test_a_zone_is_a_minority(form: str, zone: set[str]) -> None:
    """The primary's host goes with another one, a replica's where a majority of data nodes and Sentinels is still left."""
    assert hosts_away(deployment_of(form), ("zone",)) == zone


def test_one_lost_election_is_granted_where_every_vote_counts() -> None:
    """With three of five Sentinels left and three needed, twice failover-timeout comes on top; with more left it does not."""
    assert objectives("zone-lost", "four replicas")["failover"] == 22_000
    assert objectives("zone-lost", "five replicas, seven Sentinels")["failover"] == 10_000
