"""Whom a data node follows by hand is proven by its own word, and undone towards whom the Sentinels name."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from jsquared.errors import BadInputError
from jsquared.faults import replicaof_by_hand
from jsquared.faults.replicaof_by_hand import NO_ONE, ReplicaofByHand
from jsquared.resp.failures import Unreachable
from jsquared.running.deployment import RunningDeployment

NODES = [SimpleNamespace(name=f"redis-n{n}", role="data", address=f"10.0.0.{n}", port=6379) for n in (1, 2, 3)]
NODES.append(SimpleNamespace(name="sentinel-n1", role="sentinel", address="10.0.1.1", port=26379))


class Nodes:
    """Three data nodes, of which ``primary`` is named by the Sentinels; ``deaf`` ones say OK and follow as before."""

    def __init__(self) -> None:
        self.deaf = False
        self.silent = False
        self.named = "redis-n1"
        self.follows = {"redis-n1": "", "redis-n2": "10.0.0.1:6379", "redis-n3": "10.0.0.1:6379"}
        self.plan = SimpleNamespace(
            nodes=NODES,
            node=self.node,
            sentinels=lambda: NODES[3:],
        )

    def node(self, name: str) -> Any:
        """The node of that name."""
        return next(node for node in NODES if node.name == name)

    def address(self, name: str) -> str:
        """Where it is."""
        return self.node(name).address

    def ask(self, name: str, *words: str) -> Any:
        """ROLE or REPLICAOF."""
        if self.silent:
            raise Unreachable("no answer")
        if words[0] == "REPLICAOF" and not self.deaf:
            self.follows[name] = "" if words[1:] == ("NO", "ONE") else ":".join(words[1:])
        address, _, port = self.follows[name].rpartition(":")
        return ["slave", address, int(port), "connected", 100] if address else ["master", 100, []]

    def last_primary(self) -> str:
        """Whom the Sentinels name."""
        return self.named

    def replicas(self) -> list[str]:
        """All but the primary."""
        return [name for name in self.follows if name != self.named]

    def node_at(self, address: str) -> str:
        """Which node that is."""
        return next((node.name for node in NODES if f"{node.address}:{node.port}" == address), "")


def inject(nodes: Nodes, target: str, of: str = NO_ONE, *, left: bool = False) -> Any:
    """Give the command."""
    parameters = {"of": of, "left_to_sentinels": left}
    return ReplicaofByHand().inject(cast("RunningDeployment", nodes), [target], parameters)


@pytest.fixture(autouse=True)
def _short_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not come is not waited for as long as in a trial."""
    monkeypatch.setattr(replicaof_by_hand, "FOLLOW_LIMIT_S", 0.02)
    monkeypatch.setattr(replicaof_by_hand, "LOOK_S", 0.001)


@pytest.mark.parametrize(
    ("target", "of", "then", "words"),
    [
        ("replica:1", NO_ONE, "", "redis-n2 followed redis-n1, now is a primary"),
        ("replica:1", "replica:2", "10.0.0.3:6379", "redis-n2 followed redis-n1, now follows redis-n3"),
        ("primary", "replica:1", "10.0.0.2:6379", "redis-n1 was a primary, now follows redis-n2"),
        ("replica:2", "192.0.2.1:6380", "192.0.2.1:6380", "redis-n3 followed redis-n1, now follows 192.0.2.1:6380"),
    ],
)
def test_it_follows_whom_it_is_told_and_is_put_right(target: str, of: str, then: str, words: str) -> None:
    """ROLE shows the new state, and after the undo the one from before; undoing twice changes nothing."""
    nodes = Nodes()
    before = dict(nodes.follows)
    active = inject(nodes, target, of)
    [name] = active.targets
    assert nodes.follows[name] == then
    assert active.bit().ok
    assert active.bit().sentence == words
    active.heal()
    active.heal()
    assert active.healed().ok
    assert nodes.follows == before


def test_the_undo_knows_who_is_primary_now() -> None:
    """After a failover the old primary follows the new one, not nobody as before."""
    nodes = Nodes()
    active = inject(nodes, "primary", "replica:2")
    nodes.named, nodes.follows["redis-n3"] = "redis-n3", ""
    active.heal()
    assert nodes.follows["redis-n1"] == "10.0.0.3:6379"
    assert active.healed().ok


def test_what_is_left_to_the_sentinels_waits_for_them() -> None:
    """Nothing is undone by hand; it has healed once somebody else put it right."""
    nodes = Nodes()
    active = inject(nodes, "replica:1", left=True)
    active.heal()
    assert nodes.follows["redis-n2"] == ""
    assert not active.healed().ok
    nodes.follows["redis-n2"] = "10.0.0.1:6379"
    assert active.healed().ok


def test_without_an_effect_it_did_not_bite() -> None:
    """A node that says OK and follows as before, or did so already, proves nothing."""
    nodes = Nodes()
    nodes.deaf = True
    assert not inject(nodes, "replica:1").bit().ok
    assert not inject(Nodes(), "primary").bit().ok


def test_silence_is_no_healing() -> None:
    """Who does not say whom it follows has not been put right."""
    nodes = Nodes()
    active = inject(nodes, "replica:1")
    nodes.silent = True
    assert not active.healed().ok


@pytest.mark.parametrize(
    ("target", "of", "words"),
    [
        ("sentinel:1", NO_ONE, "only data nodes"),
        ("replica:1", "sentinel:1", "not one data node"),
        ("replica:1", "replicas", "not one data node"),
        ("replica:1", "10.0.0.1:port", "has no port"),
    ],
)
def test_who_cannot_follow_or_be_followed(target: str, of: str, words: str) -> None:
    """Sentinels follow nobody, and nobody follows Sentinels, several nodes or an address without a port."""
    with pytest.raises(BadInputError, match=words):
        inject(Nodes(), target, of)
