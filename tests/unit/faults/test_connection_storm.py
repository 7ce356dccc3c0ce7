"""A storm of connections: the server counts them, refuses more where it is full, and counts them gone."""

import resource
from types import SimpleNamespace
from typing import Any

import pytest

from jsquared.errors import BadInputError
from jsquared.faults import connection_storm
from jsquared.faults.connection_storm import ConnectionStorm, allow_files


@pytest.fixture
def server(nodes: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A primary whose INFO counts what connects to it; with maxclients it refuses what is too much."""
    monkeypatch.setattr(connection_storm, "SETTLE_LIMIT_S", 0.02)
    monkeypatch.setattr(connection_storm, "LOOK_S", 0.001)
    node = nodes["redis-n1"]
    node.config["maxclients"] = "10000"

    def connect(*_: object) -> Any:
        if "connect" in node.deaf:
            raise OSError("refused")
        full = node.info["connected_clients"] >= int(node.config["maxclients"])
        node.info["rejected_connections" if full else "connected_clients"] += 1
        return SimpleNamespace(close=lambda: leave(full))

    def leave(refused: bool) -> None:
        node.info["connected_clients"] -= not refused

    monkeypatch.setattr(nodes, "dial", connect)
    return nodes


def test_the_server_counts_them_and_counts_them_gone(server: Any) -> None:
    """All are held until healing."""
    active = server.inject(ConnectionStorm(), count=50)
    bit = active.bit()
    assert (bit.ok, bit.sentence) == (True, "redis-n1 has 50 connections more than the 10 before")
    active.heal()
    healed = active.healed()
    assert (healed.ok, healed.sentence) == (True, "50 of 50 connections to redis-n1 are gone")
    assert server.connections[0].closed


def test_a_server_can_be_filled(server: Any) -> None:
    """With maxclients lowered the last one is refused; healing sets it back."""
    active = server.inject(ConnectionStorm(), count=50, fill=True)
    assert server["redis-n1"].config["maxclients"] == "60"
    bit = active.bit()
    assert bit.ok
    assert bit.sentence.endswith("and refused 1")
    active.heal()
    assert "redis-n1 has maxclients 10000" in active.healed().sentence
    assert active.healed().ok


def test_without_an_effect_it_did_not_bite(server: Any) -> None:
    """Connections that nobody takes are no storm."""
    server["redis-n1"].deaf.add("connect")
    assert not server.inject(ConnectionStorm(), count=50).bit().ok


def test_a_full_server_that_refuses_nobody_is_not_full(server: Any) -> None:
    """Where maxclients has no effect, filling did not bite."""
    server["redis-n1"].deaf.add("CONFIG")
    bit = server.inject(ConnectionStorm(), count=50, fill=True).bit()
    assert not bit.ok
    assert bit.sentence.endswith("and refused 0")


def test_connections_that_stay_have_not_healed(server: Any) -> None:
    """The count must fall again."""
    active = server.inject(ConnectionStorm(), count=50)
    active.heal()
    server["redis-n1"].info["connected_clients"] += 50
    assert not active.healed().ok


def test_a_storm_is_bounded_in_time(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where connecting is slow, fewer are opened, and the proof says so."""
    monkeypatch.setattr(connection_storm, "STORM_LIMIT_S", -1.0)
    bit = server.inject(ConnectionStorm(), count=50).bit()
    assert (bit.ok, bit.sentence) == (False, "redis-n1 has 1 connections more than the 10 before")


@pytest.mark.parametrize(("targets", "count"), [(("replicas",), 5), (("sentinel:1",), 5), (("primary",), 0)])
def test_a_storm_goes_to_one_data_node(server: Any, targets: tuple[str, ...], count: int) -> None:
    """Several, Sentinels, and storms of nothing are refused."""
    with pytest.raises(BadInputError, match="one data node"):
        server.inject(ConnectionStorm(), *targets, count=count)


@pytest.mark.parametrize(
    ("limits", "wanted"),
    [
        ((100, 4000), (2000, 4000)),
        ((100, 1000), (1000, 1000)),
        ((100, resource.RLIM_INFINITY), (2000, resource.RLIM_INFINITY)),
        ((3000, 4000), None),
        ((resource.RLIM_INFINITY, resource.RLIM_INFINITY), None),
    ],
)
def test_files_are_allowed_as_far_as_the_machine_does(
    limits: tuple[int, int], wanted: tuple[int, int] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The soft limit is raised where it is too low, up to the hard one."""
    told: list[tuple[int, int]] = []
    monkeypatch.setattr(connection_storm.resource, "getrlimit", lambda kind: limits)
    monkeypatch.setattr(connection_storm.resource, "setrlimit", lambda kind, both: told.append(both))
    allow_files(2000)
    assert told == ([] if wanted is None else [wanted])
