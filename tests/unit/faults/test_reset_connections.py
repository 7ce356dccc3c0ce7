"""Connections that are closed: none from before is left, and others come."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from jsquared.errors import BadInputError
from jsquared.faults import reset_connections
from jsquared.faults.connections import connected
from jsquared.faults.reset_connections import ResetConnections


@pytest.fixture
def crowded(nodes: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A primary with clients, subscribers and replicas, and a replica with its primary."""
    monkeypatch.setattr(reset_connections, "RETURN_LIMIT_S", 0.02)
    monkeypatch.setattr(reset_connections, "LOOK_S", 0.001)
    for kind, count in (("normal", 5), ("pubsub", 2), ("replica", 2)):
        nodes["redis-n1"].join(kind, count)
    nodes["redis-n2"].join("master")
    return nodes


def test_all_kinds_are_closed_and_others_come(crowded: Any) -> None:
    """The server says how many it closed; the proof of the end is that somebody is there again."""
    active = crowded.inject(ResetConnections())
    bit = active.bit()
    assert bit.ok
    assert bit.sentence == "redis-n1 closed 9 connections (normal, replica, pubsub), 0 from before are left"
    active.heal()
    assert not active.healed().ok
    crowded["redis-n1"].join("normal", 3)
    assert active.healed().sentence == "3 connections to redis-n1 are there again"


@pytest.mark.parametrize(
    ("clients", "target", "word"), [("pubsub", "primary", "pubsub"), ("primary", "replica:1", "master")]
)
def test_one_kind_can_be_chosen(crowded: Any, clients: str, target: str, word: str) -> None:
    """The others stay."""
    active = crowded.inject(ResetConnections(), target, clients=clients)
    assert active.bit().ok
    killed = [words for node in crowded.nodes.values() for words in node.received if words[:2] == ("CLIENT", "KILL")]
    assert killed == [("CLIENT", "KILL", "TYPE", word)]
    assert len(crowded["redis-n1"].clients["normal"]) == 5


def test_resets_follow_each_other_until_healed(crowded: Any, wait_until: Callable[..., None]) -> None:
    """With an interval whoever comes back is closed again, and a node that is down meanwhile is passed over."""
    active = crowded.inject(ResetConnections(), clients="normal", every_ms=1)
    node = crowded["redis-n1"]
    node.join("normal", 2)
    wait_until(lambda: not node.clients["normal"])
    node.code = -9
    seen = len(node.received)
    wait_until(lambda: len(node.received) > seen)
    node.code = None
    active.heal()
    node.join("normal")
    assert active.healed().ok


def test_the_labs_own_question_is_never_reset(crowded: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a normal connection as well: while the lab measures, nobody is closed, however fast resets follow each other."""
    node = crowded["redis-n1"]
    closings: list[int] = []

    def counted(*arguments: Any) -> set[int]:
        before = sum(words[1] == "KILL" for words in node.received if words[0] == "CLIENT")
        threading.Event().wait(0.02)
        answer = connected(*arguments)
        closings.append(sum(words[1] == "KILL" for words in node.received if words[0] == "CLIENT") - before)
        return answer

    active = crowded.inject(ResetConnections(), clients="normal", every_ms=1)
    monkeypatch.setattr(reset_connections, "connected", counted)
    assert active.bit().ok
    assert closings == [0]


def test_without_an_effect_it_did_not_bite(crowded: Any) -> None:
    """Connections that are still listed were not closed, whatever was said."""
    crowded["redis-n1"].deaf.add("CLIENT")
    bit = crowded.inject(ResetConnections()).bit()
    assert not bit.ok
    assert "9 from before are left" in bit.sentence


def test_where_nobody_is_connected_nothing_is_reset(crowded: Any) -> None:
    """Zero connections closed are no fault."""
    assert not crowded.inject(ResetConnections(), "replica:2", clients="replica").bit().ok


def test_only_data_nodes_are_reset(crowded: Any) -> None:
    """Sentinels are refused."""
    with pytest.raises(BadInputError, match="only data nodes"):
        crowded.inject(ResetConnections(), "sentinel:1")
