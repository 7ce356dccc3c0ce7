"""The faults that a session offers: the whole catalogue, with targets that exist, and reasons for what it cannot have."""

import msgspec
import pytest

from jsquared.faults.catalogue import FAULTS
from jsquared.reference.scenario_pages import example_plan
from jsquared.sandbox.capability import Capability
from jsquared.sandbox.loopback import LoopbackSandbox
from jsquared.sandbox.namespaces import NamespacesSandbox
from jsquared.scenario.targets import is_target_word
from jsquared.scenarios.catalogue import SCENARIOS
from jsquared.trial.lab.offered_faults import offered_faults, targets_here

PLAN = example_plan("primary-crash")[1]
OFFERED = {one.name: one for one in offered_faults(PLAN, "namespaces", NamespacesSandbox.capabilities)}


def test_every_fault_is_offered_once() -> None:
    """With its own description and parameters, in the order of the catalogue."""
    assert list(OFFERED) == list(FAULTS)
    assert OFFERED["kill"].description == FAULTS["kill"].description
    assert [(one.name, one.default) for one in OFFERED["cut"].parameters][:2] == [
        ("links", "all"),
        ("direction", "both"),
    ]


@pytest.mark.parametrize("name", FAULTS)
def test_its_targets_are_words_that_exist(name: str) -> None:
    """Each is a word for targets or a node of this deployment, and what is proposed is among them; without targets there are none."""
    one, nodes = OFFERED[name], [node.name for node in PLAN.nodes]
    assert [word for word in one.targets if word not in nodes and not is_target_word(word)] == []
    assert len(set(one.targets)) == len(one.targets)
    assert one.usual_targets == FAULTS[name].usual_targets
    assert bool(one.usual_targets) == bool(one.targets)


@pytest.mark.unmeasured
def test_the_targets_of_every_scenario_are_offered() -> None:
    """Whatever a scenario of the catalogue aims a fault at is offered on its deployment."""
    missing = []
    for scenario in SCENARIOS:
        plan = example_plan(scenario)[1]
        for step in plan.faults:
            offered = targets_here(plan, FAULTS[step.name].aims)
            missing += [(scenario, step.name, word) for word in step.targets if word not in offered]
    assert missing == []


def test_what_a_session_cannot_have_has_a_reason() -> None:
    """The monitoring of a lab, what its sandbox lacks, and what its servers were not started with."""
    assert "monitors" in OFFERED["receiver-fails"].unavailable_because
    assert OFFERED["kill"].unavailable_because == ""
    assert "lab up --needs clock" in OFFERED["clock-step"].unavailable_because
    with_clock = msgspec.structs.replace(PLAN, needs=(*PLAN.needs, str(Capability.CLOCK)))
    told = {one.name: one for one in offered_faults(with_clock, "loopback", LoopbackSandbox.capabilities)}
    assert told["clock-step"].unavailable_because == ""
    assert told["cut"].unavailable_because == "the loopback sandbox lacks links"


def test_where_there_is_one_node_there_is_one_target() -> None:
    """A deployment without replicas and Sentinels has no words for them."""
    alone = msgspec.structs.replace(PLAN, nodes=tuple(node for node in PLAN.nodes if node.initial_primary))
    assert targets_here(alone, "data") == ("primary", alone.nodes[0].name)
    assert targets_here(alone, "sentinels") == ()
