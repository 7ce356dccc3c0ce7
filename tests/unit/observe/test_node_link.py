"""The observer's connection: what it keeps open, what it gives up, and for how long it has waited."""

import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from jsquared.deployment.render.certificates import Material, make_material
from jsquared.observe.node_link import RECONNECT_AFTER_S, NodeLink
from jsquared.resp.nonblocking import CLOSED_STATE, OPEN
from jsquared.resp.poller import Poller
from jsquared.resp.tls import client_context
from jsquared.testing.scripted_server import ScriptedServer

BROADCAST = ("255.255.255.255", 1)
"""No stream can be opened to it, which the kernel says at once."""
LIMIT_S = 20.0
LATER_S = 100.0


class Watching:
    """Links to servers, what they were told, and the loop that they need."""

    def __init__(self) -> None:
        self.poller = Poller()
        self.replies: list[object] = []
        self.silences = 0

    def link(self, address: tuple[str, int], credentials: Sequence[str] = (), **options: Any) -> NodeLink:
        """A link that is not connected yet."""
        return NodeLink(
            self.poller, address, credentials, on_reply=self.replies.append, on_silence=self._silent, **options
        )

    def _silent(self) -> None:
        self.silences += 1

    def until(self, happened: Callable[[], object]) -> None:
        """Serve until it has happened."""
        deadline = time.monotonic() + LIMIT_S
        while not happened():
            assert time.monotonic() < deadline
            self.poller.run(10_000_000, fine=False)

    def connect(self, link: NodeLink) -> NodeLink:
        """Connect and wait until the connection stands."""
        link.keep_connected()
        self.until(lambda: link.state == OPEN)
        return link


@pytest.fixture
def watching() -> Iterator[Watching]:
    """Nobody is watched yet."""
    made = Watching()
    yield made
    made.poller.close()


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A scripted server."""
    with ScriptedServer() as started:
        yield started


def silence(link: NodeLink) -> float:
    """How long it would have been silent a hundred seconds from now."""
    return link.silent_for(time.monotonic() + LATER_S)


def test_one_question_is_open_at_a_time(watching: Watching, server: ScriptedServer) -> None:
    """A question while another is open is left out; the next one after the reply is asked."""
    link = watching.connect(watching.link(server.address))
    link.ask("PING")
    link.ask("DBSIZE")
    watching.until(lambda: watching.replies == ["PONG"])
    link.ask("DBSIZE")
    watching.until(lambda: watching.replies == ["PONG", 0])
    assert [words[0] for words in server.received] == [b"PING", b"DBSIZE"]
    link.drop()


def test_a_new_connection_logs_in_greets_and_asks(watching: Watching, server: ScriptedServer) -> None:
    """Credentials and greetings come before the question that opened it, on every connection anew."""
    server.password = "secret"
    link = watching.link(server.address, ("secret",), greeting=[("DBSIZE",)])
    for _ in range(2):
        link.ask("PING")
        watching.until(lambda: len(watching.replies) == 3)
        assert watching.replies == ["OK", 0, "PONG"]
        watching.replies.clear()
        link.drop()
        link._next_try = 0.0
    assert [words[0] for words in server.received] == [b"AUTH", b"DBSIZE", b"PING"] * 2


def test_waiting_is_counted_from_the_question(watching: Watching, server: ScriptedServer) -> None:
    """Nothing is due before the first use; then an open question is, until its reply, and so is a missing connection."""
    link = watching.link(server.address)
    assert silence(link) == 0.0
    server.silent = True
    watching.connect(link)
    assert silence(link) == 0.0
    link.ask("PING")
    assert silence(link) > LATER_S - 1
    link.drop()
    assert silence(link) > LATER_S - 1


def test_a_subscriber_may_be_quiet(watching: Watching, server: ScriptedServer) -> None:
    """Somebody who only listens is never waiting for a reply."""
    link = watching.connect(watching.link(server.address, subscriber=True, greeting=[("PING",)]))
    watching.until(lambda: watching.replies == ["PONG"])
    assert silence(link) == 0.0
    link.drop()
    assert silence(link) == 0.0


def test_a_dropped_connection_is_not_tried_again_at_once(watching: Watching, server: ScriptedServer) -> None:
    """The next try waits a moment."""
    link = watching.connect(watching.link(server.address))
    link.drop()
    link.drop()
    link._next_try = time.monotonic() + LATER_S
    link.ask("PING")
    assert link.state == CLOSED_STATE
    link._next_try = time.monotonic()
    link.ask("PING")
    assert link.state != CLOSED_STATE
    assert RECONNECT_AFTER_S > 0
    link.drop()


def test_it_goes_where_the_node_has_moved_to(watching: Watching, server: ScriptedServer) -> None:
    """The next connection goes to the new address, on the same port."""
    link = watching.link(("127.0.0.250", server.address[1]))
    link.move_to(server.address[0])
    watching.connect(link).drop()


def test_a_connection_that_is_refused_is_silence(watching: Watching) -> None:
    """What the kernel refuses right away leaves no half-open socket behind."""
    link = watching.link(BROADCAST)
    link.ask("PING")
    assert (link.state, watching.silences) == (CLOSED_STATE, 1)
    assert silence(link) > LATER_S - 1


@pytest.mark.parametrize(("answered", "silences"), [(True, 0), (False, 1)])
def test_a_closed_connection_is_silence_unless_it_had_answered(
    watching: Watching, server: ScriptedServer, answered: bool, silences: int
) -> None:
    """A Sentinel closes all connections of a node that it reconfigures, so that means little."""
    link = watching.connect(watching.link(server.address))
    if answered:
        link.ask("PING")
        watching.until(lambda: watching.replies)
    server.drop_connections()
    watching.until(lambda: link.state == CLOSED_STATE)
    assert watching.silences == silences


def test_nonsense_is_a_lost_connection(watching: Watching, server: ScriptedServer) -> None:
    """Something that does not speak the protocol is not listened to."""
    server.script["PING"] = b"HTTP/1.1 400\r\n"
    link = watching.connect(watching.link(server.address))
    link.ask("PING")
    watching.until(lambda: link.state == CLOSED_STATE)
    assert not watching.replies


def test_commands_go_by_the_names_that_they_have_there(watching: Watching, server: ScriptedServer) -> None:
    """The greeting and the login too."""
    server.script |= {"ENTER": b"+OK\r\n", "LISTEN": b"+listening\r\n", "KNOCK": b"+who\r\n"}
    names = {"AUTH": "enter", "PSUBSCRIBE": "listen", "PING": "knock"}
    link = watching.link(server.address, ("secret",), renamed_commands=names, greeting=[("PSUBSCRIBE", "*")])
    link.ask("PING")
    watching.until(lambda: watching.replies[-1:] == ["who"])
    assert [words[0] for words in server.received] == [b"enter", b"listen", b"knock"]
    link.drop()


@pytest.fixture(scope="module")
def material() -> Material:
    """Certificates."""
    return make_material(["127.0.0.1"])


@pytest.fixture
def files(material: Material, tmp_path: Path) -> Path:
    """A folder with them."""
    for name, text in {"ca": material.authority, "crt": material.certificate, "key": material.key("")}.items():
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def secure_server(files: Path) -> Iterator[ScriptedServer]:
    """A server that speaks TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files / "crt", files / "key")
    with ScriptedServer(tls=context) as started:
        yield started


def test_questions_pass_over_tls(watching: Watching, secure_server: ScriptedServer, files: Path) -> None:
    """A dropped link begins anew, and a long reply arrives whole."""
    context = client_context((str(files / "ca"),))
    link = watching.link(secure_server.address, tls=lambda: context)
    for number in range(1, 3):
        link.ask("PING")
        watching.until(lambda number=number: watching.replies == ["PONG"] * number)
        link.drop()
        link._next_try = 0
    secure_server.script["INFO"] = b"$100000\r\n" + b"x" * 100_000 + b"\r\n"
    link.ask("INFO")
    watching.until(lambda: watching.replies[-1] == "x" * 100_000)
    link.drop()


def test_a_server_of_another_authority_is_told_nothing(
    watching: Watching, secure_server: ScriptedServer, files: Path, tmp_path: Path
) -> None:
    """The link is lost before anything was said."""
    (tmp_path / "foreign").write_text(make_material(["127.0.0.1"]).authority)
    context = client_context((str(tmp_path / "foreign"),))
    link = watching.link(secure_server.address, tls=lambda: context)
    link.ask("PING")
    watching.until(lambda: watching.silences)
    assert not secure_server.received
