"""A flood of clients that never log in: the server counts them, refuses what each asks for, and counts them gone."""

from types import SimpleNamespace
from typing import Any

import pytest

from jsquared.errors import BadInputError
from jsquared.faults import unauthenticated_flood
from jsquared.faults.unauthenticated_flood import UnauthenticatedFlood


@pytest.fixture
def server(nodes: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A primary that counts what connects to it, and answers as ``says``; the lab has a password for it."""
    monkeypatch.setattr(unauthenticated_flood, "SETTLE_LIMIT_S", 0.01)
    monkeypatch.setattr(unauthenticated_flood, "LOOK_S", 0.001)
    node = nodes["redis-n1"]
    nodes.says = b"-NOAUTH Authentication required.\r\n"
    nodes.sent = []

    def connect(*_: object) -> Any:
        if "connect" in node.deaf:
            raise OSError("refused")
        node.info["connected_clients"] += 1
        return SimpleNamespace(close=leave, sendall=nodes.sent.append, recv=lambda _: nodes.says)

    def leave() -> None:
        node.info["connected_clients"] -= 1

    monkeypatch.setattr(nodes, "dial", connect)
    monkeypatch.setattr(nodes, "tls", lambda _: None, raising=False)
    monkeypatch.setattr(nodes, "credentials", lambda _: ("secret",), raising=False)
    return nodes


def test_they_are_counted_and_refused_and_counted_gone(server: Any) -> None:
    """Each asks for a key once, and none says AUTH."""
    active = server.inject(UnauthenticatedFlood(), count=40)
    bit = active.bit()
    assert bit.ok
    assert bit.sentence == "redis-n1 has 40 connections more than the 10 before, and refused 40 of 40 as not logged in"
    assert len(server.sent) == 40
    assert not [words for words in server.sent if b"AUTH" in words]
    active.heal()
    healed = active.healed()
    assert (healed.ok, healed.sentence) == (True, "40 of 40 connections to redis-n1 are gone")


def test_one_that_is_let_in_is_no_stranger(server: Any) -> None:
    """Where a password is asked for, an answer to somebody without one proves that they count as logged in."""
    server.says = b"$-1\r\n"
    assert not server.inject(UnauthenticatedFlood(), count=5).bit().ok


def test_where_no_password_is_asked_for_there_is_no_refusal(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connections alone are the flood."""
    monkeypatch.setattr(server, "credentials", lambda _: ())
    server.says = b"$-1\r\n"
    assert server.inject(UnauthenticatedFlood(), count=5).bit().ok


def test_without_an_effect_it_did_not_bite(server: Any) -> None:
    """Connections that nobody takes are no flood, and one that takes too long ends."""
    server["redis-n1"].deaf.add("connect")
    assert not server.inject(UnauthenticatedFlood(), count=5).bit().ok


def test_the_time_for_it_is_limited(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be opened in time is told from what was asked for."""
    monkeypatch.setattr(unauthenticated_flood, "FLOOD_LIMIT_S", -1.0)
    assert "refused 1 of 1" in server.inject(UnauthenticatedFlood(), count=5).bit().sentence


def test_a_flood_of_nobody_is_refused(server: Any) -> None:
    """It would prove nothing."""
    with pytest.raises(BadInputError, match="at least one connection"):
        server.inject(UnauthenticatedFlood(), count=0)
