"""Nodes with names: served before anything starts, and recognised by name wherever an address could stand."""

from pathlib import Path

import msgspec
import pytest

from jsquared.check.failovers import failovers, node_at, promoted_node
from jsquared.records.event import Event
from jsquared.records.event_types import SentinelEvent
from jsquared.running.deployment import RunningDeployment
from jsquared.running.stand_up import serve_names
from jsquared.sandbox.capability import Capability
from jsquared.sandbox.loopback import LoopbackSandbox
from jsquared.testing.fake_deployment import FakeDeployment


@pytest.fixture
def named(fake: FakeDeployment) -> FakeDeployment:
    """A deployment in which every node has a name."""
    nodes = tuple(msgspec.structs.replace(node, names=(f"{node.name}.example",)) for node in fake.placement.nodes)
    fake.placement = msgspec.structs.replace(fake.placement, nodes=nodes)
    fake.deployment = RunningDeployment(fake.plan, fake.placement, fake.sandbox, fake.run, fake.events)
    return fake


def test_names_are_served_before_anything_starts(named: FakeDeployment) -> None:
    """Every name of a node means its address."""
    serve_names(named.deployment)
    known = named.sandbox.name_service.known
    assert known == {f"{node.name}.example": node.address for node in named.placement.nodes}


def test_without_names_nothing_is_served(fake: FakeDeployment) -> None:
    """A deployment of addresses needs no name service."""
    serve_names(fake.deployment)
    assert fake.sandbox.name_service.known == {}


def test_a_node_is_recognised_by_name_and_address(named: FakeDeployment) -> None:
    """Name and address with the node's port mean the node, in any case of letters; other names mean nobody."""
    deployment = named.deployment
    node = deployment.node("redis-n2")
    assert deployment.node_at(f"Redis-N2.example:{node.port}") == "redis-n2"
    assert deployment.node_at(f"{node.address}:{node.port}") == "redis-n2"
    assert deployment.node_at(f"other.example:{node.port}") == ""


def change(event: str, payload: str) -> Event:
    """An event of the first Sentinel."""
    return SentinelEvent(event=event, payload=payload, source="sentinel-n1", t_ms=5.0)


def test_failovers_are_recognised_by_name(named: FakeDeployment) -> None:
    """A change of the monitored name is a failover between the nodes that have these names."""
    placement = named.placement
    first, second = placement.data[:2]
    words = f"mymaster {first.names[0]} {first.port} {second.names[0].upper()} {second.port}"
    [failover] = failovers(placement, [change("+switch-master", words)])
    assert (failover.old, failover.new) == (first.name, second.name)
    promoted = change("+promoted-slave", f"slave x {second.names[0]} {second.port} @ mymaster x 1")
    assert promoted_node(placement, promoted) == second.name
    assert node_at(placement, "nobody", "1") == "nobody:1"


def test_a_sandbox_without_names_refuses(tmp_path: Path) -> None:
    """On loopback hosts ask where this machine asks, which cannot be changed for one trial."""
    sandbox = LoopbackSandbox(tmp_path)
    assert Capability.NAMES not in sandbox.capabilities
    assert sandbox.name_service is None
