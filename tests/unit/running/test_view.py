"""A view of servers that the lab did not start: no plan and no sandbox, only where the nodes are."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from jsquared.records.events import EventLog
from jsquared.records.placement import PlacedNode
from jsquared.records.run_directory import RunDirectory
from jsquared.running.addresses import Addresses
from jsquared.running.convergence import unconverged
from jsquared.running.deployment import RunningDeployment
from jsquared.running.view import DeploymentView
from jsquared.testing.fake_sandbox import FakeSandbox
from jsquared.testing.scripted_server import ScriptedServer
from support.record_plan import other_group, story_nodes
from support.records import ZERO, Story


@pytest.fixture
def servers() -> Iterator[list[ScriptedServer]]:
    """A primary and a Sentinel that names it."""
    with ScriptedServer() as primary, ScriptedServer() as sentinel:
        sentinel.named = primary.address
        primary.script["INFO"] = _bulk("role:master\r\nmaster_repl_offset:7\r\nconnected_slaves:0\r\nrun_id:abc\r\n")
        yield [primary, sentinel]


def _bulk(text: str) -> bytes:
    return f"${len(text)}\r\n{text}\r\n".encode()


@pytest.fixture
def view(servers: list[ScriptedServer], monkeypatch: pytest.MonkeyPatch) -> DeploymentView:
    """A view of both, which waits for an answer as long as a busy machine takes."""
    monkeypatch.setattr("jsquared.running.view.ASK_ALL_LIMIT_S", 20.0)
    primary, sentinel = (server.address for server in servers)
    nodes = [
        PlacedNode(
            name="orders-1",
            role="data",
            host="a",
            address=primary[0],
            port=primary[1],
            master_name="mymaster",
            initial_primary=True,
        ),
        PlacedNode(name="watch-1", role="sentinel", host="b", address=sentinel[0], port=sentinel[1]),
    ]
    return DeploymentView(nodes, Addresses(nodes))


def test_it_says_who_is_primary(view: DeploymentView) -> None:
    """By the Sentinels' majority, and by the node's own word."""
    assert view.primary() == view.last_primary() == "orders-1"
    role = view.role("orders-1")
    assert role is not None
    assert (role.primary, role.offset) == (True, 7)
    assert view.run_id("orders-1") == "abc"
    assert view.replicas() == []


def test_it_knows_whom_an_address_is_of(view: DeploymentView, servers: list[ScriptedServer]) -> None:
    """And says where a node is now."""
    address, port = servers[0].address
    assert view.node_at(f"{address}:{port}") == "orders-1"
    view.addresses.move(["orders-1"], "127.0.0.7")
    assert (view.address("orders-1"), view.addresses.moved()) == ("127.0.0.7", ["orders-1"])


def test_it_can_be_asked_for_convergence(view: DeploymentView, servers: list[ScriptedServer]) -> None:
    """Who is silent is named."""
    servers[1].close()
    assert unconverged(view) == "watch-1 does not answer"


def test_it_is_about_the_primary_that_is_named(view: DeploymentView) -> None:
    """Not about whichever comes first: the plan of a trial lists all nodes in one order, whatever the trial is about."""
    orders, sentinel = view.nodes
    sessions = msgspec.structs.replace(orders, name="sessions-1", master_name="sessions", port=orders.port + 1)
    nodes = (orders, sessions, sentinel)
    about = DeploymentView(nodes, Addresses(nodes), master_name="sessions")
    assert about.master_names == ("sessions", "mymaster")
    assert [node.name for node in about.group()] == ["sessions-1"]
    assert about._last_primaries[about.master_name] == "sessions-1"


def test_a_deployment_is_about_the_primary_of_its_plan(tmp_path: Path) -> None:
    """Also where another one's nodes come first in the plan."""
    nodes = (*other_group("aaa"), *story_nodes(3, apart=False))
    story = Story(nodes=nodes, master_name="mymaster")
    run = RunDirectory.create(tmp_path / "run", story.plan())
    events = EventLog(run.events_file, ZERO)
    deployment = RunningDeployment(story.plan(), story.placement(), FakeSandbox(run.path), run, events)
    assert deployment.master_name == "mymaster" == deployment.master_names[0]
    events.close()
