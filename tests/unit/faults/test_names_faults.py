"""Faults of the name service are proven by lookups: late or failed while they last, right and in time after."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from jsquared.errors import BadInputError
from jsquared.faults.catalogue import complete
from jsquared.faults.failing_names import FailingNames
from jsquared.faults.fault import Fault
from jsquared.faults.lost_names import LostNames
from jsquared.faults.slow_names import SlowNames
from jsquared.testing.fake_deployment import FakeDeployment


@pytest.fixture
def named(tmp_path: Path) -> Iterator[FakeDeployment]:
    """A deployment in which every node has a name."""
    fake = FakeDeployment(tmp_path)
    nodes = tuple(msgspec.structs.replace(node, names=(f"{node.name}.example",)) for node in fake.plan.nodes)
    fake.deployment.plan = msgspec.structs.replace(fake.plan, nodes=nodes)
    fake.sandbox.name_service.serve(
        {name: fake.placement.node(node.name).address for node in nodes for name in node.names}
    )
    yield fake
    fake.close()


KINDS = [
    pytest.param(SlowNames(), {"delay_ms": 120}, "after 120.5 ms", id="slow"),
    pytest.param(FailingNames(), {}, "got no such name", id="no-such-name"),
    pytest.param(FailingNames(), {"how": "silence"}, "got nothing after 500.0 ms", id="silence"),
]


@pytest.mark.parametrize(("fault", "given", "words"), KINDS)
def test_lookups_show_it_and_its_end(named: FakeDeployment, fault: Fault, given: dict[str, str], words: str) -> None:
    """A lookup from each target shows the fault, and after healing the right address."""
    active = fault.inject(named.deployment, ["sentinel:1", "client:1"], complete(fault, given))
    evidence = active.bit()
    assert evidence.ok
    assert words in evidence.sentence
    assert len(active.targets) == evidence.sentence.count("asked for") == 2
    assert set(active.details["before_ms"]) == set(active.targets)
    assert not active.healed().ok
    active.heal()
    active.heal()
    assert active.healed().ok


@pytest.mark.parametrize(("fault", "given", "words"), KINDS)
def test_without_an_effect_it_did_not_bite(
    named: FakeDeployment, fault: Fault, given: dict[str, str], words: str
) -> None:
    """A name service that goes on answering in time gives no proof."""
    named.sandbox.name_service.deaf = True
    evidence = fault.inject(named.deployment, ["sentinels"], complete(fault, given)).bit()
    assert not evidence.ok
    assert words not in evidence.sentence


def test_a_deployment_without_names_has_nothing_to_disturb(tmp_path: Path) -> None:
    """Where only addresses are used, the fault is refused with what would make it possible."""
    fake = FakeDeployment(tmp_path)
    try:
        with pytest.raises(BadInputError, match="no host names are looked up"):
            SlowNames().inject(fake.deployment, ["sentinels"], {"delay_ms": 100})
    finally:
        fake.close()


def test_lost_names_are_those_of_the_targets_only(named: FakeDeployment) -> None:
    """From every Sentinel's host the primary's name is unknown and another one's is not; then all is as before."""
    active = LostNames().inject(named.deployment, ["primary"], {})
    assert active.details == {"names": ["redis-n1.example"]}
    bit = active.bit()
    assert bit.ok, bit.sentence
    assert bit.sentence.count("redis-n1.example and got no such name") == 3
    assert bit.sentence.count("redis-n2.example and got 127.0.0.1") == 3
    assert not active.healed().ok
    active.heal()
    active.heal()
    assert active.healed().ok


def test_names_that_are_not_lost_prove_nothing(named: FakeDeployment) -> None:
    """A name service that goes on answering, or that says nothing to anybody, gives no proof."""
    named.sandbox.name_service.deaf = True
    assert not LostNames().inject(named.deployment, ["primary"], {}).bit().ok
    named.sandbox.name_service.deaf = False
    active = LostNames().inject(named.deployment, ["primary"], {})
    named.sandbox.name_service.disturb(["n1"], how="silence")
    assert not active.bit().ok


def test_a_server_without_a_name_cannot_lose_it(fake: FakeDeployment) -> None:
    """Where only addresses are used, the fault is refused with what would make it possible."""
    with pytest.raises(BadInputError, match="redis-n1 has no name that is looked up"):
        LostNames().inject(fake.deployment, ["primary"], {})
