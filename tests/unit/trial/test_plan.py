"""Plans: what remains of a deployment decides what may be asked of it."""

import re

import pytest

from jsquared.deployment.model.reach import Allowed
from jsquared.deployment.read.load import SHIPPED, load_deployment
from jsquared.deployment.read.overrides import apply_overrides
from jsquared.errors import BadInputError
from jsquared.records.plan import Ack, Engine, Plan, Workload
from jsquared.sandbox.loopback import LoopbackSandbox
from jsquared.sandbox.namespaces import NamespacesSandbox
from jsquared.scenario.situation import Situation, hosts_away
from jsquared.scenarios.catalogue import SCENARIOS, scenario_named, suite_named
from jsquared.trial.plan import WAITAOF_TIMEOUT_MS, assemble, planned_clients, planned_floating

ENGINE = Engine(name="redis", version="7.2.6", path="redis-server")


def plan(
    scenario: str,
    deployment: str = "reference",
    ack: str = "",
    changes: tuple[str, ...] = (),
    workload: Workload = Workload(),  # noqa: B008 -- nobody can change it
) -> Plan:
    """A plan for the loopback sandbox; nothing is started."""
    return assemble(
        scenario_named(scenario),
        deployment=apply_overrides(load_deployment(deployment), changes),
        engine=ENGINE,
        sandbox=LoopbackSandbox.kind,
        ack=Ack.parse(ack) if ack else None,
        workload=workload,
        seed=7,
        command=("jsquared", "run", scenario),
    )


def objectives(plan: Plan) -> dict[str, tuple[float, tuple[str, ...]]]:
    """Limit and clients by the objective's name."""
    return {objective.name: (objective.limit, objective.clients) for objective in plan.objectives}


@pytest.mark.parametrize(
    ("scenario", "ack", "told"),
    [
        ("primary-crash", "", False),
        ("primary-crash", "waitaof:1,1", True),
        ("primary-disk-full", "", True),
        ("cold-restart", "", True),
        ("config-persistence", "", False),
        ("config-timings", "", False),
    ],
)
def test_disks_are_named_where_they_matter(scenario: str, ack: str, told: bool) -> None:
    """That real disks are slower is said of trials that break them, read data sets from them or wait for them, and of no others."""
    assert any(sentence.startswith("Disks: ") for sentence in plan(scenario, ack=ack).not_reproduced) == told


def test_a_static_check_says_only_what_could_not_be_read() -> None:
    """Nothing is started for it, so no name has to be rewritten."""
    assert any("Host names" in sentence for sentence in plan("primary-crash", "hostnames").not_reproduced)
    assert plan("config-timings", "hostnames").not_reproduced == ()


@pytest.mark.unmeasured
@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("deployment", SHIPPED)
def test_every_scenario_can_be_planned_on_every_shipped_deployment(scenario: str, deployment: str) -> None:
    """Each plan names its nodes, clients, faults and limits, and every limit has a reason."""
    if why := scenario_named(scenario).unsuited(load_deployment(deployment), ENGINE):
        with pytest.raises(BadInputError, match=re.escape(why)):
            plan(scenario, deployment)
        return
    made = plan(scenario, deployment)
    assert made.faults or made.rules
    assert made.nodes
    assert made.clients
    assert all(objective.reason for objective in made.objectives)
    assert deployment != "reference" or "reference" in made.expected
    assert made.expected.keys() <= set(SHIPPED)


def test_the_majority_level_is_the_default() -> None:
    """Two replicas make wait:1, four make wait:2."""
    assert str(plan("primary-crash").ack) == "wait:1"
    assert str(plan("primary-crash", "classic-2013").ack) == "wait:2"


def test_a_crash_must_be_over_in_time_where_enough_replicas_are_left() -> None:
    """At the majority level a crash has a limit on failover and write gap for all clients."""
    asked = objectives(plan("primary-crash"))
    assert asked["failover"] == asked["write_gap"] == (10_000, ("client-1", "client-2"))
    assert "writes_resume_after_heal" not in asked


def test_a_level_that_needs_everybody_may_wait_for_the_heal() -> None:
    """At wait:2 nothing can be acknowledged while a replica is away, so only the time after the heal is limited."""
    made = plan("primary-crash", ack="wait:2")
    assert objectives(made)["writes_resume_after_heal"] == (20_000, ("client-1", "client-2"))
    assert "failover" not in objectives(made)
    assert made.recovery == "promotion"


def test_isolated_clients_are_not_asked_for_a_failover() -> None:
    """A client that is cut off has until after the heal; the others must be served in time."""
    asked = objectives(plan("primary-isolated-with-client"))
    assert asked["failover"][1] == ("client-2",)
    assert asked["writes_resume_after_heal"] == (10_000, ("client-1",))


def test_no_failover_is_expected_where_the_sentinels_stay_with_the_primary() -> None:
    """On reference the isolated side keeps the Sentinels' majority; on apart the other side has it."""
    stays, moves = (plan("primary-and-replica-isolated", name) for name in ("reference", "apart"))
    assert not stays.expect_failover
    assert "no_failover" in objectives(stays)
    assert moves.expect_failover


def test_a_client_on_a_data_host_takes_its_node_along() -> None:
    """Where clients live on the data hosts, cutting one off cuts its node off, and the primary's own client with it."""
    deployment = load_deployment("classic-2013")
    assert hosts_away(deployment, ("primary", "client:1")) == {"n1", "n2"}
    made = plan("primary-isolated-with-client", "classic-2013")
    assert objectives(made)["writes_resume_after_heal"][1] == ("client-1", "client-2")


def test_everything_away_leaves_nothing_to_promote() -> None:
    """Without a data node on the Sentinels' side there is no failover and no acknowledgement."""
    deployment = load_deployment("reference")
    hosts = frozenset(deployment.hosts)
    situation = Situation(deployment=deployment, ack=Ack(), away=hosts, cut_off=frozenset())
    assert situation.primary_affected
    assert not situation.fails_over
    assert not situation.acknowledges_by_itself


def test_waiting_for_disks_takes_longer() -> None:
    """A replica tells how far its disk is once a second, so WAITAOF gets the time for that."""
    workload = plan("primary-crash", ack="waitaof:1,1").workload
    assert workload.wait_timeout_ms == WAITAOF_TIMEOUT_MS
    assert workload.operation_timeout_ms == 2 * WAITAOF_TIMEOUT_MS


@pytest.mark.parametrize(
    ("deployment", "ack", "changes", "words"),
    [
        ("reference", "wait:3", (), "has 2"),
        ("stock", "waitaof:1,1", (), "appendonly"),
        ("reference", "waitaof:0,5", (), "waitaof:0,2"),
    ],
)
def test_levels_that_cannot_be_reached_are_refused(
    deployment: str, ack: str, changes: tuple[str, ...], words: str
) -> None:
    """A level that needs more replicas than there are, or an AOF that is off, is refused before anything starts."""
    with pytest.raises(BadInputError, match=words):
        plan("primary-crash", deployment, ack, changes)


def test_a_scenario_that_needs_more_nodes_is_refused() -> None:
    """A deployment without a second replica cannot have it cut off."""
    with pytest.raises(BadInputError, match="replica:9"):
        hosts_away(load_deployment("reference"), ("replica:9",))


def test_suites_contain_each_other() -> None:
    """quick is part of standard, standard of full; other names are refused."""
    quick, standard, full = ({s.name for s in suite_named(name)} for name in ("quick", "standard", "full"))
    assert len([name for name in quick if not SCENARIOS[name].rules]) == 4
    assert quick < standard <= full
    with pytest.raises(BadInputError, match="standard"):
        suite_named("huge")
    with pytest.raises(BadInputError, match="primary-crash"):
        scenario_named("primary-crush")


def test_a_command_that_a_trial_needs_may_not_be_taken_away() -> None:
    """The line is named before anything starts; a static check, which starts nothing, goes on."""
    no_eval = ('redis.rename-command=EVAL ""',)
    with pytest.raises(BadInputError, match=r"EVAL is removed .* fault 'busy-script' needs it"):
        plan("busy-script", changes=no_eval)
    assert plan("primary-crash", changes=no_eval).data_nodes()[0].renamed == (("EVAL", ""),)
    assert plan("config-tls", changes=('redis.rename-command=INFO ""',)).rules


def test_lost_operations_are_asked_for_beside_lost_writes() -> None:
    """With the same limit, reason and clients, right behind; and not where no operations are given, or no loss is forbidden."""
    with_operations = plan("primary-crash", workload=Workload(operations_per_s=100))
    names = [objective.name for objective in with_operations.objectives]
    assert names[:2] == ["lost_writes", "lost_operations"]
    writes, operations = with_operations.objectives[:2]
    assert (operations.limit, operations.reason, operations.unit) == (writes.limit, writes.reason, "operations")
    assert "lost_operations" not in objectives(plan("primary-crash"))


def test_without_a_command_to_read_contents_no_operations_are_given() -> None:
    """What became of them could not be seen; the writes are given and judged all the same."""
    gone = ('redis.rename-command=SCAN ""',)
    made = plan("primary-crash", changes=gone, workload=Workload(operations_per_s=100))
    assert made.workload.operations_per_s == 0
    assert "lost_operations" not in objectives(made)


def test_floating_addresses_are_planned_where_the_sandbox_has_them() -> None:
    """Each as it is written; a sandbox without hosts has none, and nothing is planned for static checks in it."""
    shared = load_deployment("reference", Allowed(floating=["10.5.0.100=primary", "10.5.0.101=host,after=500ms"]))
    one, two = planned_floating(shared, NamespacesSandbox.kind)
    assert (one.written, one.follows, one.starts_on, one.after_ms) == ("10.5.0.100", "primary", "n1", 3000)
    assert (two.written, two.follows, two.master_name, two.after_ms) == ("10.5.0.101", "host", "mymaster", 500)
    assert planned_floating(shared, LoopbackSandbox.kind) == ()
    through = apply_overrides(shared, ["clients.through=10.5.0.101"])
    assert {client.through for client in planned_clients(through)} == {"10.5.0.101"}
    assert {client.through for client in planned_clients(shared)} == {""}
