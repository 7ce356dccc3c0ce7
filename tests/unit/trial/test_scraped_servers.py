"""Which servers a trial's Prometheus scrapes, where and under which instance, whatever the Sentinels call them."""

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from jsquared.monitor.target_groups import INSTANCE, LOGIN
from jsquared.records.placement import PlacedNode
from jsquared.running.addresses import Addresses
from jsquared.running.discovered import Discovered, DiscoveredMaster, DiscoveredNode
from jsquared.testing.fake_deployment import FakeDeployment, fake_deployment
from jsquared.trial import alert_targets
from jsquared.trial.alert_targets import AlertTargets
from jsquared.trial.scraped_servers import Scraped, ScrapedServers

N1, N2 = "redis-n1", "redis-n2"
NEW = "127.9.9.9"
GHOST = "10.99.0.1:6379"


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[FakeDeployment]:
    """A deployment whose data nodes have the names of their hosts."""
    with fake_deployment(tmp_path) as made:
        named = tuple(
            replace(node, names=(called(node),)) if node.role == "data" else node for node in made.deployment.nodes
        )
        made.deployment.nodes = named
        made.deployment.addresses = Addresses(named)
        yield made


@pytest.fixture
def servers(fake: FakeDeployment) -> ScrapedServers:
    """What is remembered of them: nothing yet."""
    return ScrapedServers(fake.deployment)


def called(node: PlacedNode) -> str:
    """The name of a node's host."""
    return f"{node.host}.shop.example"


def address_of(fake: FakeDeployment, node: str) -> str:
    """``address:port``."""
    return f"{fake.deployment.address(node)}:{fake.deployment.node(node).port}"


def name_of(fake: FakeDeployment, node: str) -> str:
    """``name:port``."""
    one = fake.deployment.node(node)
    return f"{called(one)}:{one.port}"


def test_a_name_is_asked_at_the_present_address(fake: FakeDeployment, servers: ScrapedServers) -> None:
    """It stays the instance when the server comes back elsewhere, while nobody looks it up."""
    name = name_of(fake, N1)
    assert servers.of([name.upper()]) == [Scraped(address_of(fake, N1), name.upper())]
    assert servers.of([name]) == [Scraped(address_of(fake, N1), name.upper())]
    fake.deployment.addresses.move([N1], NEW)
    assert servers.of([name])[0].where == f"{NEW}:{fake.deployment.node(N1).port}"


def test_a_server_with_two_words_is_one(fake: FakeDeployment, servers: ScrapedServers) -> None:
    """A rule that counts primaries must not count it twice; the name outlasts the address, and the instance lasts."""
    name, address = name_of(fake, N1), address_of(fake, N1)
    assert servers.of([address, name]) == [Scraped(address, name)]
    assert servers.of([address]) == [Scraped(address, name)]


def test_a_primary_has_the_word_that_the_sentinels_name_it_by(fake: FakeDeployment, servers: ScrapedServers) -> None:
    """Rules join its metrics with that very word."""
    name, address = name_of(fake, N2), address_of(fake, N2)
    servers.of([name])
    assert servers.of([name, address], primaries={address}) == [Scraped(address, address)]


def test_an_address_that_was_left_is_a_ghost(fake: FakeDeployment, servers: ScrapedServers) -> None:
    """It is scraped as the Sentinels have it, for as long as they do, beside the server that was there."""
    old = address_of(fake, N1)
    assert servers.of([old]) == [Scraped(old, old)]
    fake.deployment.addresses.move([N1], NEW)
    new = address_of(fake, N1)
    assert servers.of([old, new, GHOST]) == [Scraped(old, old), Scraped(new, new), Scraped(GHOST, GHOST)]


def test_no_other_resolver_is_asked(fake: FakeDeployment, servers: ScrapedServers) -> None:
    """What no node is called means nothing in the lab, whatever it means on this machine."""
    node = fake.deployment.node(N1)
    assert servers.address_of(called(node), node.port) == fake.deployment.address(N1)
    assert servers.address_of("10.99.0.1", 6379) == "10.99.0.1"
    with pytest.raises(OSError, match="no server is called localhost"):
        servers.address_of("localhost", 6379)


def test_targets_say_which_instance_they_are(
    fake: FakeDeployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that is known by a name has a group of its own with it; the others have their address."""
    deployment = fake.deployment
    nodes = [
        DiscoveredNode(role="primary", address=called(deployment.node(N1)), port=deployment.node(N1).port),
        DiscoveredNode(role="replica", address=deployment.address(N2), port=deployment.node(N2).port),
    ]
    dialled: list[socket.socket] = []

    def found(_seeds: object, access: object) -> Discovered:
        dial: Callable[[str, int, float], socket.socket] = access.dial  # type: ignore[attr-defined]
        dialled.append(dial(nodes[0].address, nodes[0].port, 2.0))
        master = DiscoveredMaster(name="mymaster", primary=nodes[0].where, votes={}, data=tuple(nodes))
        return Discovered(masters=(master,))

    monkeypatch.setattr(alert_targets, "discover", found)
    targets = AlertTargets(deployment, tmp_path, 1.0, lambda _: None)
    targets.write()
    assert dialled[0].getpeername() == fake.servers[N1].address
    dialled[0].close()
    written = {tuple(group["targets"]): group["labels"] for group in json.loads(targets.file.read_text())}
    assert written[address_of(fake, N1),][INSTANCE] == name_of(fake, N1)
    assert not {INSTANCE, LOGIN} & written[address_of(fake, N2),].keys()
