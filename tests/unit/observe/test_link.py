"""The connection that never blocks: what it keeps open, what it gives up, and for how long it has waited."""

import errno
import select
import selectors
import socket
import time
from collections.abc import Iterator
from typing import Any, cast

import pytest

from jsquared.observe.link import RECONNECT_AFTER_S, Link
from jsquared.testing.scripted_server import ScriptedServer

BROADCAST = ("255.255.255.255", 1)
"""No stream can be opened to it, which the kernel says at once."""


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A scripted server."""
    with ScriptedServer() as started:
        yield started


@pytest.fixture
def link(server: ScriptedServer) -> Iterator[Link]:
    """A link to it, not connected yet."""
    made = Link(*server.address, ())
    yield made
    made.drop()


def pump(link: Link) -> tuple[list[object], bool]:
    """Wait until something has arrived, and take it."""
    assert link.socket is not None
    readable, _, _ = select.select([link.socket], [], [], 20)
    assert readable
    return link.receive()


def connected(link: Link) -> socket.socket:
    """Connect, and wait until the connection is there."""
    link.keep()
    assert link.socket is not None
    select.select([], [link.socket], [], 20)
    assert link.flush()
    return link.socket


def test_one_question_is_open_at_a_time(link: Link, server: ScriptedServer) -> None:
    """A question while another is open is left out; the next one after the reply is asked."""
    connected(link)
    link.send("PING")
    link.send("DBSIZE")
    assert link.flush()
    assert pump(link) == (["PONG"], True)
    assert link.answered
    link.send("DBSIZE")
    assert pump(link) == ([0], True)
    assert [words[0] for words in server.received] == [b"PING", b"DBSIZE"]


def test_a_new_connection_authenticates_and_greets(server: ScriptedServer) -> None:
    """Credentials and greetings come before the first question, on every connection anew."""
    server.password = "secret"
    link = Link(*server.address, ("secret",))
    link.greeting = [("DBSIZE",)]
    for _ in range(2):
        connected(link)
        replies: list[object] = []
        while len(replies) < 2:
            replies += pump(link)[0]
        assert replies == ["OK", 0]
        link.drop()
        link._next_try = 0.0
    assert [words[0] for words in server.received] == [b"AUTH", b"DBSIZE"] * 2


def test_waiting_is_counted_from_the_question(link: Link, server: ScriptedServer) -> None:
    """Nothing is due before the first use; then an open question is, until its reply."""
    assert link.silent_for(time.monotonic() + 100) == 0.0
    server.silent = True
    connected(link)
    assert link.silent_for(time.monotonic() + 100) == 0.0
    link.send("PING")
    assert link.silent_for(time.monotonic() + 100) > 99
    server.silent = False
    link.drop()
    assert link.silent_for(time.monotonic() + 100) > 99, "no connection either"


def test_a_subscriber_may_be_quiet(server: ScriptedServer) -> None:
    """Somebody who only listens is never waiting for a reply."""
    link = Link(*server.address, (), subscriber=True)
    link.greeting = [("PING",)]
    connected(link)
    assert pump(link) == (["PONG"], True)
    assert link.silent_for(time.monotonic() + 100) == 0.0
    link.drop()
    assert link.silent_for(time.monotonic() + 100) == 0.0


def test_a_lost_connection_is_not_tried_again_at_once(link: Link) -> None:
    """After a drop the next try waits a moment; without a connection there is nothing to flush."""
    connected(link)
    link.drop()
    link.drop()
    assert not link.flush()
    link._next_try = time.monotonic() + 100
    link.send("PING")
    assert link.socket is None
    link._next_try = time.monotonic()
    link.send("PING")
    assert link.socket is not None
    assert RECONNECT_AFTER_S > 0


def test_a_connection_that_is_refused_at_once_is_dropped() -> None:
    """What the kernel refuses right away leaves no half-open socket behind."""
    link = Link(*BROADCAST, ())
    link.send("PING")
    assert link.socket is None
    assert link.silent_for(time.monotonic() + 100) > 99


def test_nothing_there_is_no_loss(link: Link) -> None:
    """A connection without news is good; one that was closed is not."""
    connected(link)
    assert link.receive() == ([], True)


def test_a_closed_connection_is_lost(link: Link, server: ScriptedServer) -> None:
    """The end of the stream is the end of the connection."""
    connected(link)
    link.send("PING")
    assert pump(link) == (["PONG"], True)
    server.drop_connections()
    assert pump(link) == ([], False)


def test_nonsense_is_a_lost_connection(link: Link, server: ScriptedServer) -> None:
    """Something that does not speak the protocol is not listened to."""
    server.script["PING"] = b"HTTP/1.1 400\r\n"
    connected(link)
    link.send("PING")
    assert pump(link) == ([], False)


def test_a_full_buffer_waits(link: Link, server: ScriptedServer) -> None:
    """What nobody reads stays to be sent, and the selector is asked to tell when it can be."""
    server.deaf = True
    connected(link)
    assert link.wants == selectors.EVENT_READ
    link.send("SET", "key", "x" * 50_000_000)
    assert link.flush()
    assert link.wants == selectors.EVENT_READ | selectors.EVENT_WRITE


class Broken:
    """A socket on which everything fails with an error."""

    def __init__(self, number: int) -> None:
        self._error = OSError(number, "broken")

    def recv(self, _: int) -> bytes:
        """Fail."""
        raise self._error

    send = recv

    def close(self) -> None:
        """Nothing to close."""


@pytest.mark.parametrize(("number", "alive"), [(errno.ECONNRESET, False), (errno.EAGAIN, True), (errno.EINTR, True)])
def test_errors_end_a_connection_unless_they_pass(number: int, alive: bool) -> None:
    """Reset means lost; later and interrupted mean nothing."""
    link = Link("127.0.0.1", 1, ())
    link.socket = cast("Any", Broken(number))
    link._outbox += b"x"
    assert link.flush() is alive
    assert link.receive() == ([], alive)
