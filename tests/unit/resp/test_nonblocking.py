"""A connection that never blocks: replies one by one, events that are not meant for it, and bytes that are no reply."""

from collections.abc import Iterator
from typing import Any

import pytest

from jsquared.resp.nonblocking import CLOSED_STATE, CONNECTING, OPEN, Link, Network
from jsquared.resp.packing import packed
from jsquared.resp.poller import WRITABLE, Poller
from jsquared.testing.scripted_server import ScriptedServer


class Unconnected:
    """A socket whose connection is still being made."""

    def getsockopt(self, level: int, name: int) -> int:
        """No error so far."""
        return 0

    def getpeername(self) -> Any:
        """Nobody is there yet."""
        raise OSError

    def close(self) -> None:
        """As a socket."""


class Asking(Link):
    """Keeps what it hears."""

    def __init__(self, poller: Poller, address: tuple[str, int]) -> None:
        super().__init__(Network(poller), address)
        self.heard: list[object] = []

    def opened(self) -> None:
        """Nothing to say."""

    def received(self, data: bytes) -> None:
        """Keep the replies; a goodbye closes the connection."""
        for reply in self.replies(data):
            self.heard.append(reply)
            if reply == "BYE":
                self.close()

    def lost(self, problem: OSError | None) -> None:
        """Keep why."""
        self.heard.append(problem)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A scripted server."""
    with ScriptedServer() as started:
        yield started


@pytest.fixture
def link(server: ScriptedServer) -> Iterator[Asking]:
    """A link whose connection is being made."""
    poller = Poller()
    made = Asking(poller, server.address)
    made.open(0)
    yield made
    made.close()
    poller.close()


def serve(link: Asking, heard: int) -> None:
    """Until so much was heard."""
    for _ in range(2000):
        if len(link.heard) >= heard:
            return
        link.network.poller.run(10_000_000)
    raise AssertionError(link.heard)


def connect(link: Asking) -> None:
    """Until the connection stands."""
    while link.state == CONNECTING:
        link.network.poller.run(10_000_000)


def test_an_event_of_an_earlier_socket_is_ignored(link: Asking) -> None:
    """A connection under way is not taken as made because of an event for a closed socket with the same number."""
    connect(link)
    link.state, real, link._plain = CONNECTING, link._plain, Unconnected()  # type: ignore[assignment]
    link.event(WRITABLE)
    assert link.state == CONNECTING
    link._plain = real
    link.event(WRITABLE)
    assert link.state == OPEN


def test_replies_come_one_by_one(link: Asking, server: ScriptedServer) -> None:
    """However they were cut into pieces on the way."""
    server.script["DBSIZE"] = b"*2\r\n:1\r\n$5\r\nhello\r\n"
    connect(link)
    link.send(packed("PING") * 2 + packed("DBSIZE"))
    serve(link, 3)
    assert link.heard == ["PONG", "PONG", [1, "hello"]]


def test_nothing_is_heard_after_the_owner_has_closed(link: Asking, server: ScriptedServer) -> None:
    """Replies that came together with the last one are not for anybody."""
    server.script["QUIT"] = b"+BYE\r\n+LATER\r\n"
    connect(link)
    link.send(packed("QUIT"))
    serve(link, 1)
    assert link.heard == ["BYE"]


@pytest.mark.parametrize(
    "nonsense", [b"HTTP/1.1 400\r\n", b"*1\r\n" * 40 + b":1\r\n", b"%1\r\n+a\r\n" * 40 + b":1\r\n"]
)
def test_nonsense_breaks_it_off(link: Asking, server: ScriptedServer, nonsense: bytes) -> None:
    """Whoever answers so is no server."""
    server.script["PING"] = nonsense
    connect(link)
    link.send(packed("PING"))
    serve(link, 1)
    assert isinstance(link.heard[0], OSError)
    assert link.state == CLOSED_STATE
