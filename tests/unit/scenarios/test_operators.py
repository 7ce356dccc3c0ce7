"""What operators get wrong, planned for deployments of several shapes: fair limits, or one sentence why not."""

from dataclasses import replace

import pytest

from jsquared.deployment.model.spec import Deployment
from jsquared.deployment.read.load import load_deployment
from jsquared.deployment.read.overrides import apply_overrides
from jsquared.faults.catalogue import complete, fault_named
from jsquared.records.plan import Ack, Engine
from jsquared.scenario.moments import Moment
from jsquared.scenario.situation import Situation, hosts_away
from jsquared.scenarios.catalogue import scenario_named
from jsquared.scenarios.in_turn import one_after_another

ENGINE = Engine(name="redis", version="7.0.15")
NAMES = (
    "sentinel-recreated",
    "stale-sentinels-counted",
    "sentinels-reset-then-crash",
    "sentinels-reset-while-down",
    "sentinel-old-config",
    "sentinels-rolling-restart",
    "replica-repointed",
    "replica-of-no-one",
    "primary-made-replica",
    "replica-wrong-masterauth",
    "replica-wrong-password",
    "primary-wrong-password",
    "primary-restart-with-delay",
    "rolling-upgrade",
    "rolling-restart",
)


def lone_replica() -> Deployment:
    """The reference without its last data node."""
    reference = load_deployment("reference")
    return replace(reference, data=reference.data[:2])


SHAPES = {
    "reference": lambda: load_deployment("reference"),
    "stock": lambda: load_deployment("stock"),
    "five": lambda: load_deployment("classic-2013"),
    "lone replica": lone_replica,
}


def situation_of(name: str, deployment: Deployment) -> Situation:
    """Who is left in a scenario at the deployment's own level."""
    scenario = scenario_named(name)
    away, cut_off = (hosts_away(deployment, words) for words in (scenario.away, scenario.cut_off))
    ack = deployment.majority_ack
    return Situation(deployment=deployment, ack=ack, away=away, cut_off=cut_off)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", NAMES)
def test_every_shape_has_a_schedule_and_limits(name: str, shape: str) -> None:
    """Every fault is known with its parameters, every moment hangs on one that comes, and something is asked."""
    deployment = SHAPES[shape]()
    scenario = scenario_named(name)
    if scenario.unsuited(deployment, ENGINE):
        assert (name, shape) == ("replica-repointed", "lone replica")
        return
    situation = situation_of(name, deployment)
    faults = scenario.faults(situation)
    ids = {fault.id for fault in faults}
    for fault in faults:
        complete(fault_named(fault.name), fault.parameters)
        assert Moment.parse(fault.start).anchor in {"load", "recovery"} | ids
        assert Moment.parse(fault.heal).anchor in {"injection", "recovery"} | ids
    assert {"lost_writes", "convergence"} < {limit.name for limit in scenario.objectives(situation)}


@pytest.mark.parametrize("name", NAMES)
def test_nobody_asks_for_writes_that_cannot_be_acknowledged(name: str) -> None:
    """With one replica, and that one or the primary away, no gap is limited: writes must only resume after the heal."""
    deployment = lone_replica()
    scenario = scenario_named(name)
    situation = situation_of(name, deployment)
    assert situation.ack == Ack(mode="wait", replicas=1)
    limits = {limit.name for limit in scenario.objectives(situation)}
    if scenario.away and not scenario.unsuited(deployment, ENGINE):
        assert "write_gap" not in limits
        assert "writes_resume_after_heal" in limits


@pytest.mark.parametrize(("shape", "times"), [("reference", 1), ("five", 3)])
def test_as_many_dead_sentinels_as_it_takes(shape: str, times: int) -> None:
    """The majority of all that are counted must exceed those that are left after one more crash."""
    deployment = SHAPES[shape]()
    [recreation, _] = scenario_named("stale-sentinels-counted").faults(
        situation_of("stale-sentinels-counted", deployment)
    )
    total = len(deployment.sentinels)
    assert recreation.parameters == {"times": times}
    assert (total + times) // 2 + 1 > total - 1


def test_users_of_their_own_are_not_locked_out() -> None:
    """Where replicas or Sentinels log in as other users, another requirepass shows nothing."""
    scenario = scenario_named("primary-wrong-password")
    reference = load_deployment("reference")
    assert scenario.unsuited(reference, ENGINE) == ""
    for override in ("redis.masteruser=replica", "sentinel.auth-user=sentinel"):
        assert "separate users" in scenario.unsuited(apply_overrides(reference, [override]), ENGINE)


def test_steps_wait_for_each_other() -> None:
    """The first hangs on the load, every other one on the one before it."""
    moments = [one_after_another("restart", ["a", "b", "c"], number, 500) for number in range(3)]
    assert moments == ["1000 ms after load", "500 ms after restart-a", "500 ms after restart-b"]
