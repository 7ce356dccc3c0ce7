"""The connection that never blocks, over TLS and with renamed commands."""

import select
import selectors
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from jsquared.deployment.render.certificates import Material, make_material
from jsquared.observe.link import Link
from jsquared.running.tls import client_context
from jsquared.testing.scripted_server import ScriptedServer

LIMIT_S = 20.0


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
def server(files: Path) -> Iterator[ScriptedServer]:
    """A server that speaks TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files / "crt", files / "key")
    with ScriptedServer(tls=context) as started:
        yield started


def serve(link: Link) -> tuple[list[object], bool]:
    """What the observer does: wait for what the link wants, flush, receive; until something came or the link is lost."""
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline:
        assert link.socket is not None
        wants_write = bool(link.wants & selectors.EVENT_WRITE)
        readable, _, _ = select.select([link.socket], [link.socket] if wants_write else [], [], 1)
        if not link.flush():
            return [], False
        if readable:
            replies, alive = link.receive()
            if replies or not alive:
                return replies, alive
    raise AssertionError("nothing came")


def test_questions_pass_over_tls(server: ScriptedServer, files: Path) -> None:
    """The handshake happens on the way to the first reply; a dropped link begins anew, and a long reply arrives whole."""
    context = client_context((str(files / "ca"),))
    link = Link(*server.address, (), tls=lambda: context)
    for _ in range(2):
        link.send("PING")
        assert serve(link) == (["PONG"], True)
        link.drop()
        link._next_try = 0
    server.script["INFO"] = b"$100000\r\n" + b"x" * 100_000 + b"\r\n"
    link.send("INFO")
    replies, alive = serve(link)
    assert (replies, alive) == (["x" * 100_000], True)
    link.drop()


def test_a_server_of_another_authority_is_lost(server: ScriptedServer, files: Path, tmp_path: Path) -> None:
    """Nothing is said to it."""
    (tmp_path / "foreign").write_text(make_material(["127.0.0.1"]).authority)
    context = client_context((str(tmp_path / "foreign"),))
    link = Link(*server.address, (), tls=lambda: context)
    link.send("PING")
    assert serve(link) == ([], False)
    link.drop()
    assert not server.received


def test_nobody_there_is_a_lost_connection(server: ScriptedServer, files: Path) -> None:
    """A refusal shows before any handshake."""
    context = client_context((str(files / "ca"),))
    server.close()
    link = Link(*server.address, (), tls=lambda: context)
    link.send("PING")
    if link.socket is not None:  # the kernel may say so at once
        assert serve(link) == ([], False)
    link.drop()


def test_nothing_is_written_while_the_handshake_lasts(server: ScriptedServer, files: Path) -> None:
    """What is to be sent waits for the server then, so the selector is not asked for room."""
    server.deaf = True
    context = client_context((str(files / "ca"),))
    link = Link(*server.address, (), tls=lambda: context)
    link.send("PING")
    assert link.socket is not None
    select.select([], [link.socket], [], LIMIT_S)
    assert link.flush()
    assert link.wants == selectors.EVENT_READ
    link.drop()


def test_commands_go_by_the_names_that_they_have_there() -> None:
    """The greeting and the login too."""
    with ScriptedServer() as server:
        server.script |= {"ENTER": b"+OK\r\n", "LISTEN": b"+listening\r\n", "KNOCK": b"+who\r\n"}
        names = {"AUTH": "enter", "PSUBSCRIBE": "listen", "PING": "knock"}
        link = Link(*server.address, ("secret",), names=names)
        link.greeting = [("PSUBSCRIBE", "*")]
        link.keep()
        replies: list[object] = []
        while len(replies) < 2:
            replies += serve(link)[0]
        link.send("PING")
        assert serve(link) == (["who"], True)
        link.drop()
        assert [words[0] for words in server.received] == [b"enter", b"listen", b"knock"]
