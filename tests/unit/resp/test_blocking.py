"""The lab's own connection against a server that says what it is told: replies, errors, silence, endings."""

from collections.abc import Iterator

import pytest

from jsquared.resp.blocking import Connection
from jsquared.resp.failures import ServerReplyError, Unreachable
from jsquared.resp.replies import pairs, parse_info
from jsquared.testing.scripted_server import ScriptedServer


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A scripted server."""
    with ScriptedServer() as started:
        yield started


def test_replies_arrive_as_plain_values(server: ScriptedServer) -> None:
    """Strings, numbers, nothing and lists come decoded, also when they come byte by byte."""
    server.cut = True
    server.replicas = 2
    server.named = ("127.0.0.1", 6379)
    with Connection(*server.address) as connection:
        assert connection.command("PING") == "PONG"
        assert connection.command("SET", "key", b"value") == "OK"
        assert connection.command("MGET", "key", "none") == ["value", None]
        assert connection.command("WAIT", 1, 100) == 2
        assert connection.command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "m") == ["127.0.0.1", "6379"]


def test_a_question_may_be_answered_later(server: ScriptedServer) -> None:
    """Several servers are asked before any reply is taken."""
    with ScriptedServer() as other, Connection(*server.address) as first, Connection(*other.address) as second:
        first.send("DBSIZE")
        second.send("DBSIZE")
        assert (second.reply(5), first.reply(5)) == (0, 0)


def test_an_error_reply_keeps_the_servers_words(server: ScriptedServer) -> None:
    """An error names the server and says what it said; the connection goes on."""
    server.script["SET"] = b"-READONLY You can't write against a read only replica.\r\n"
    with Connection(*server.address) as connection:
        with pytest.raises(ServerReplyError) as caught:
            connection.command("SET", "key", "value")
        assert caught.value.what.startswith("READONLY")
        assert caught.value.where == f"127.0.0.1:{server.address[1]}"
        assert connection.command("PING") == "PONG"


def test_one_command_about_many_keys_has_a_reply_for_each(server: ScriptedServer) -> None:
    """By the name that the command has there; an error among the replies is an error, and the rest is not taken for others' replies."""
    server.script |= {"LENGTH": b":3\r\n", "LENGTH BAD": b"-WRONGTYPE no string\r\n"}
    with Connection(*server.address, renamed_commands={"STRLEN": "LENGTH"}) as connection:
        assert connection.command_each("STRLEN", [b"a", b"b"]) == [3, 3]
        with pytest.raises(ServerReplyError, match="WRONGTYPE"):
            connection.command_each("STRLEN", [b"bad", b"b"])
        with pytest.raises(Unreachable):
            connection.command("PING")


def test_credentials_are_told_first(server: ScriptedServer) -> None:
    """A password, or a user with a password, is sent before anything else; a wrong one is the server's refusal."""
    server.password = "secret"
    for credentials in (("secret",), ("lab", "secret")):
        with Connection(*server.address, credentials=credentials) as connection:
            assert connection.command("PING") == "PONG"
    assert server.received[2] == [b"AUTH", b"lab", b"secret"]
    with pytest.raises(ServerReplyError, match="WRONGPASS"):
        Connection(*server.address, credentials=("guess",))


def test_nobody_there_is_said_with_the_address() -> None:
    """A port without a server is unreachable."""
    with ScriptedServer() as gone:
        address, port = gone.address
    with pytest.raises(Unreachable, match=rf"{address}:{port}: no connection \(.*refused"):
        Connection(address, port)


def test_silence_ends_at_the_deadline(server: ScriptedServer) -> None:
    """A server that accepts and says nothing is unreachable when the time is over, and so is the closed connection."""
    server.silent = True
    connection = Connection(*server.address, timeout_s=30)
    connection.send("PING")
    with pytest.raises(Unreachable, match=r"no answer to 'PING' \(timed out\)"):
        connection.reply(0.01)
    with pytest.raises(Unreachable, match="no answer to 'DBSIZE'"):
        connection.command("DBSIZE")
    with pytest.raises(Unreachable, match="no answer to 'AUTH'"):
        Connection(*server.address, credentials=("secret",), timeout_s=0.05)


def test_a_closed_connection_is_no_answer(server: ScriptedServer) -> None:
    """A server that closes without a reply did not answer."""
    server.silent = True
    with Connection(*server.address, timeout_s=30) as connection:
        connection.send("PING")
        server.drop_connections()
        with pytest.raises(Unreachable, match=r"connection closed|reset"):
            connection.reply()


def test_nonsense_is_no_answer(server: ScriptedServer) -> None:
    """Something that does not speak the protocol is not the server."""
    server.script["PING"] = b"HTTP/1.1 400 Bad Request\r\n"
    with Connection(*server.address) as connection, pytest.raises(Unreachable, match=r"no answer to 'PING' \(Protocol"):
        connection.command("PING")


def test_lists_in_one_another_without_end_are_no_answer(server: ScriptedServer) -> None:
    """Python cannot print a thousand levels, and nobody asks for them."""
    server.script["PING"] = b"*1\r\n" * 5 + b":1\r\n" + b"*1\r\n" * 1200 + b":1\r\n"
    with Connection(*server.address) as connection:
        assert connection.command("PING") == [[[[[1]]]]]
        with pytest.raises(Unreachable, match="no answer to 'PING'"):
            connection.reply()


def test_info_and_pairs_become_maps() -> None:
    """INFO lines and flat lists become maps; headings, empty lines and a name without value do not count."""
    info = "# Replication\r\nrole:master\r\nslave0:ip=10.0.0.1,port=6379\r\n\r\nnonsense\r\n"
    assert parse_info(info) == {"role": "master", "slave0": "ip=10.0.0.1,port=6379"}
    assert pairs(["name", "mymaster", "flags", "master", "odd"]) == {"name": "mymaster", "flags": "master"}
