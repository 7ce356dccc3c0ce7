"""A view of servers that the lab did not start: no plan and no sandbox, only where the nodes are."""

from collections.abc import Iterator

import pytest

from jsquared.records.plan import PlannedNode
from jsquared.running.addresses import Addresses
from jsquared.running.convergence import unconverged
from jsquared.running.view import DeploymentView
from jsquared.testing.scripted_server import ScriptedServer


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
def view(servers: list[ScriptedServer]) -> DeploymentView:
    """A view of both."""
    primary, sentinel = (server.address for server in servers)
    nodes = [
        PlannedNode(
            name="orders-1",
            role="data",
            host="a",
            address=primary[0],
            port=primary[1],
            master_name="mymaster",
            initial_primary=True,
        ),
        PlannedNode(name="watch-1", role="sentinel", host="b", address=sentinel[0], port=sentinel[1]),
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
