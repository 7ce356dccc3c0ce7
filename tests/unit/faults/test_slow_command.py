"""One slow command: a PING behind it waits for as long; a refused one keeps nobody busy."""

import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from jsquared.errors import BadInputError
from jsquared.faults import slow_command
from jsquared.faults.slow_command import SlowCommand

BUSY_MS = 40


@pytest.fixture
def server(nodes: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A primary that connects where MIGRATE says, and answers PING only when its time is over."""
    monkeypatch.setattr(slow_command, "BEGIN_LIMIT_S", 0.1)
    home = [msgspec.structs.replace(node, address="127.0.0.1") for node in nodes.placement.nodes]
    nodes.placement = msgspec.structs.replace(nodes.placement, nodes=tuple(home))
    with contextlib.ExitStack() as held:

        def migrate(words: tuple[Any, ...]) -> None:
            if "MIGRATE" not in nodes["redis-n1"].refused:
                held.enter_context(socket.create_connection((words[1], words[2])))

        nodes.at_once["MIGRATE"] = migrate
        nodes.slow["PING"] = BUSY_MS / 1000
        yield nodes


def test_a_ping_waits_for_the_end_of_the_command(server: Any) -> None:
    """The time it waited is the proof; healing removes the key."""
    active = server.inject(SlowCommand(), ms=BUSY_MS)
    assert active.targets == ["redis-n1"]
    bit = active.bit()
    assert bit.ok, bit.sentence
    assert bit.sentence.endswith("kept busy for 40 ms by one command")
    active.heal()
    active.heal()
    healed = active.healed()
    assert healed.ok
    assert healed.sentence.endswith("0 of its keys are left")
    assert all(connection.closed for connection in server.connections)


def test_a_ping_that_is_answered_at_once_is_no_proof(server: Any) -> None:
    """A server that answers early was not kept busy."""
    server.slow["PING"] = 0.0
    bit = server.inject(SlowCommand(), ms=BUSY_MS).bit()
    assert not bit.ok
    assert "answered a PING after" in bit.sentence


def test_a_refused_command_says_why(server: Any) -> None:
    """The server's own words, and no crash of the lab."""
    server["redis-n1"].refused["MIGRATE"] = "NOPERM this user has no permissions to run the 'migrate' command"
    active = server.inject(SlowCommand(), ms=BUSY_MS)
    bit = active.bit()
    assert not bit.ok
    assert "NOPERM" in bit.sentence
    active.heal()
    assert active.healed().ok


def test_a_command_that_does_nothing_is_found_out(server: Any) -> None:
    """A server that says OK and connects to nobody is not inside the command."""
    server.at_once.clear()
    bit = server.inject(SlowCommand(), ms=BUSY_MS).bit()
    assert not bit.ok
    assert "it did not connect, and answered OK" in bit.sentence


def test_a_server_that_ends_meanwhile_was_not_kept_busy(server: Any) -> None:
    """A PING without an answer is not one that waited."""
    server["redis-n1"].hooks["PING"] = lambda node, words: setattr(node, "code", -9) or node.answer(words)
    bit = server.inject(SlowCommand(), ms=BUSY_MS).bit()
    assert not bit.ok
    assert "no connection" in bit.sentence


def test_a_key_that_stays_has_not_healed(server: Any) -> None:
    """The fault must leave nothing behind."""
    active = server.inject(SlowCommand(), ms=BUSY_MS)
    server["redis-n1"].deaf.add("UNLINK")
    active.heal()
    assert not active.healed().ok


@pytest.mark.parametrize("targets", [("replica:1",), ("sentinel:1",), ("primary", "replica:1")])
def test_one_primary_is_kept_busy(server: Any, targets: tuple[str, ...]) -> None:
    """Replicas refuse the command, Sentinels do not know it."""
    with pytest.raises(BadInputError, match="keeps one primary busy"):
        server.inject(SlowCommand(), *targets)


def test_a_primary_that_is_down_is_none(server: Any) -> None:
    """Nobody answers there."""
    server["redis-n1"].code = -9
    with pytest.raises(BadInputError, match="keeps one primary busy"):
        server.inject(SlowCommand())
