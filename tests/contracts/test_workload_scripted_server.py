"""The scripted server speaks like the real ones, as far as a client can tell: the same kinds of replies to the same commands."""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import hiredis
import pytest

from jsquared.testing.scripted_server import ScriptedServer

MASTER = "mymaster"
COMMANDS: list[tuple[str, ...]] = [
    ("PING",),
    ("SET", "k", "v"),
    ("DBSIZE",),
    ("MGET", "k", "none"),
    ("WAIT", "1", "10"),
    ("ROLE",),
    ("NOSUCHCOMMAND",),
]


@pytest.fixture
def scripted() -> Iterator[ScriptedServer]:
    """A scripted server."""
    with ScriptedServer() as server:
        yield server


def shape(reply: Any) -> Any:
    """What a client may rely on: error prefixes, types, and the words that name a role."""
    if isinstance(reply, hiredis.ReplyError):
        return "error", str(reply).split(" ", 1)[0]
    if isinstance(reply, list):
        return [shape(part) for part in reply]
    if isinstance(reply, str) and not reply.isdecimal():
        return reply
    return type(reply).__name__


def replies(servers: Any, where: tuple[str, int], commands: list[tuple[str, ...]]) -> list[Any]:
    """The shapes of the replies to all commands, one connection each but the data kept."""
    return [shape(servers.ask(where, command)) for command in commands]


def test_a_primary(make_servers, engine, scripted, wait_until) -> None:
    """A primary without replicas."""
    servers = make_servers(engine)
    servers.start_data(0)
    wait_until(lambda: servers.ask(servers.data(0), ("PING",)) == "PONG", what="the server answers")
    assert replies(servers, scripted.address, COMMANDS) == replies(servers, servers.data(0), COMMANDS)


def test_a_replica(make_servers, engine, scripted, wait_until) -> None:
    """A replica whose primary is away refuses writes, and says of itself that it is one."""
    servers = make_servers(engine)
    servers.start_data(1)
    where = servers.data(1)
    wait_until(lambda: servers.ask(where, ("PING",)) == "PONG", what="the server answers")
    scripted.role = "slave"
    assert replies(servers, scripted.address, [("SET", "k", "v")]) == replies(servers, where, [("SET", "k", "v")])
    ours, theirs = (servers.ask(address, ("ROLE",)) for address in (scripted.address, where))
    assert ours[0] == theirs[0] == "slave"
    assert [type(part) for part in ours] == [type(part) for part in theirs]


def test_a_password(make_servers, engine, scripted, wait_until) -> None:
    """A wrong password and a right one."""
    servers = make_servers(engine)
    servers.start_data(0, "requirepass secret")
    where = servers.data(0)
    wait_until(lambda: servers.ask(where, ("AUTH", "secret")) == "OK", what="the server answers")
    scripted.password = "secret"
    commands = [("AUTH", "wrong"), ("AUTH", "secret"), ("AUTH", "default", "secret")]
    assert replies(servers, scripted.address, commands) == replies(servers, where, commands)


def test_waiting_for_the_disk(make_servers, valkey_engine, scripted, wait_until) -> None:
    """WAITAOF gives two numbers."""
    servers = make_servers(valkey_engine)
    servers.start_data(0, "appendonly yes")
    where = servers.data(0)
    wait_until(lambda: servers.ask(where, ("PING",)) == "PONG", what="the server answers")
    scripted.local = 1
    commands = [("WAITAOF", "1", "0", "2000")]
    assert replies(servers, scripted.address, commands) == replies(servers, where, commands)


def test_a_sentinel(make_servers, engine, scripted, wait_until) -> None:
    """A Sentinel names the primary by address and port, and nobody under a name it does not know."""
    servers = make_servers(engine)
    servers.start_sentinel(0)
    where = servers.sentinel(0)
    wait_until(lambda: servers.ask(where, ("PING",)) == "PONG", what="the Sentinel answers")
    scripted.named = servers.data(0)
    question = ("SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER)
    assert servers.ask(scripted.address, question) == servers.ask(where, question)
    scripted.named = None
    assert servers.ask(scripted.address, question) == servers.ask(where, (*question[:2], "unknown")) is None


def test_who_has_just_connected_is_dropped_too(scripted, monkeypatch) -> None:
    """A connection stands before the server has taken it, and whoever asks to drop them all means that one as well."""
    waiting, may_go_on = threading.Event(), threading.Event()
    ready = scripted._selector.select

    def found_nobody(_: float) -> list[object]:
        monkeypatch.setattr(scripted._selector, "select", ready)
        waiting.set()
        may_go_on.wait(30)
        return []

    monkeypatch.setattr(scripted._selector, "select", found_nobody)
    assert waiting.wait(30)
    with socket.create_connection(scripted.address, timeout=30) as client:
        scripted.drop_connections()
        may_go_on.set()
        assert client.recv(1) == b""
