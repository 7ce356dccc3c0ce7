"""Reading back: for every slot what a node holds, in bounded time, and one line when it cannot be read."""

import socket
from collections.abc import Callable, Iterator

import pytest

from jsquared.errors import LabError
from jsquared.records.history import ABSENT, DIFFERENT, PRESENT
from jsquared.resp.tls import client_context
from jsquared.testing.scripted_server import ScriptedServer
from jsquared.workload import read_back
from jsquared.workload.read_back import NodeReader


@pytest.fixture
def node() -> Iterator[ScriptedServer]:
    """A data node of the test's own."""
    with ScriptedServer() as node:
        yield node


def fill(node: ScriptedServer, slots: int) -> None:
    """What client 1 would have written with values of 20 bytes."""
    for slot in range(slots):
        key = b"p:1:%d" % slot
        node.keys[key] = key.ljust(20, b"x")


@pytest.mark.parametrize("slots", [0, 1, 499, 500, 501, 9000])
def test_every_slot_is_found(node: ScriptedServer, slots: int) -> None:
    """Slots come back in order, over any number of commands, with what is missing or changed at its place."""
    fill(node, slots)
    expected = [PRESENT] * slots
    if slots > 1:
        del node.keys[b"p:1:%d" % (slots - 1)]
        expected[-1] = ABSENT
        node.keys[b"p:1:0"] = b"p:1:0"
        expected[0] = DIFFERENT
    reader = NodeReader(*node.address)
    assert reader.found("p:", 1, slots, 20).tolist() == expected
    assert reader.keys() == len(node.keys)
    reader.close()


@pytest.mark.parametrize("username", ["", "reader"])
def test_a_password_is_given(node: ScriptedServer, username: str) -> None:
    """AUTH comes first, with a user where there is one."""
    node.password = "secret"
    reader = NodeReader(*node.address, username=username, password="secret")
    assert reader.keys() == 0
    reader.close()
    assert node.received[0] == [b"AUTH", *([username.encode()] if username else []), b"secret"]


def test_commands_go_by_the_names_that_they_have_there(node: ScriptedServer) -> None:
    """The login, MGET and DBSIZE of a server that renamed them."""
    node.script |= {"ENTER": b"+OK\r\n", "FETCH": b"*1\r\n$-1\r\n", "SIZE": b":7\r\n"}
    names = {"AUTH": "enter", "MGET": "fetch", "DBSIZE": "size"}
    reader = NodeReader(*node.address, username="me", renamed_commands=names)
    assert reader.found("p:", 1, 1, 20).tolist() == [ABSENT]
    assert reader.keys() == 7
    reader.close()
    assert node.received[0] == [b"enter", b"me", b""]


def test_nobody_is_trusted_without_a_certificate(node: ScriptedServer) -> None:
    """A server that speaks plain where TLS is expected cannot be read back."""
    with pytest.raises(LabError, match="cannot be read back"):
        NodeReader(*node.address, tls=client_context(()))


def test_a_refused_password_is_one_line(node: ScriptedServer) -> None:
    """A node that refuses the password cannot be read back, and is named."""
    with pytest.raises(LabError, match="cannot be read back: WRONGPASS"):
        NodeReader(*node.address, password="wrong")


def test_nobody_there_is_one_line() -> None:
    """A node that does not listen cannot be read back."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address, port = listener.getsockname()
    with pytest.raises(LabError, match=f"{address}:{port}: cannot be read back"):
        NodeReader(address, port)


def test_a_refusal_is_one_line(node: ScriptedServer) -> None:
    """An error reply to MGET ends the reading."""
    node.script["MGET"] = b"-LOADING not yet\r\n"
    reader = NodeReader(*node.address)
    with pytest.raises(LabError, match="LOADING not yet"):
        reader.found("p:", 1, 10, 20)
    reader.close()


@pytest.mark.parametrize("how", ["closed", "silent", "too slow", "nonsense"])
def test_a_node_that_stops_answering_is_one_line(
    node: ScriptedServer, how: str, monkeypatch: pytest.MonkeyPatch, wait_until: Callable[..., None]
) -> None:
    """Whatever keeps a reply from coming ends the reading in bounded time."""
    monkeypatch.setattr(read_back, "TIMEOUT_S", 0.2)
    reader = NodeReader(*node.address, limit_s=0 if how == "too slow" else 60)
    if how == "closed":
        reader.keys()
        node.drop_connections()
        wait_until(lambda: not node._drop, what="the end of the connection")
    elif how == "nonsense":
        node.script["DBSIZE"] = b"?nonsense\r\n"
    else:
        node.silent = True
    with pytest.raises(LabError):
        reader.keys()
    reader.close()


def test_sending_to_a_closed_connection_is_one_line(node: ScriptedServer) -> None:
    """A connection that cannot be written to is a node that cannot be read back."""
    reader = NodeReader(*node.address)
    reader.close()
    with pytest.raises(LabError, match="cannot be read back"):
        reader.keys()
