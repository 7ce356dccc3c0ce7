"""A server that says what a test tells it: a data node and a Sentinel in one, on its own thread.

It answers the few commands that a client of a Sentinel deployment sends the way real servers do
(tests/contracts/test_workload_scripted_server.py holds it against them), and does on request what real servers cannot be
made to do cheaply: refuse with any error, fall silent, cut replies in two, talk nonsense.
"""

import contextlib
import selectors
import socket
import ssl
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import hiredis

RECEIVE_BYTES = 262_144
STEP_S = 0.02


class ScriptedServer:
    """Listens on ``address`` from construction to :meth:`close`. All attributes may be changed at any moment.

    ``role`` is ``master`` or ``slave``; ``replicas`` what WAIT counts; ``local`` what WAITAOF counts locally; ``named`` the
    address it gives as a Sentinel; ``password`` what AUTH must say. ``script`` maps an upper-case command (``INFO``), or one with
    its first argument (``SENTINEL MYID``), to raw reply bytes that replace its own. ``silent`` takes everything and says nothing,
    ``deaf`` does not even read; ``cut`` sends replies byte by byte. ``received`` lists every command's words.
    """

    def __init__(self, address: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self.role = "master"
        self.replicas = 0
        self.local = 0
        self.named: tuple[str, int] | None = None
        self.password = ""
        self.script: dict[str, bytes] = {}
        self.silent = False
        self.deaf = False
        self.cut = False
        self.keys: dict[bytes, bytes] = {}
        self.received: list[list[bytes]] = []
        self._tls = tls
        # Keeps the port when nothing listens any more: the kernel would give it to the next server of another test.
        self._reservation = socket.socket()
        self._reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._reservation.bind((address, port))
        self._listener = socket.create_server(self._reservation.getsockname())
        self.address: tuple[str, int] = self._listener.getsockname()[:2]
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._clients: dict[socket.socket, hiredis.Reader] = {}
        self._drop = False
        self._closing = False
        self._commands: dict[str, Callable[[list[bytes]], bytes]] = {
            "PING": lambda _: b"+PONG\r\n",
            "AUTH": self._auth,
            "ROLE": self._role,
            "SET": self._set,
            "MGET": lambda words: _array([_bulk(self.keys.get(key)) for key in words[1:]]),
            "DBSIZE": lambda _: _integer(len(self.keys)),
            "WAIT": lambda _: _integer(self.replicas),
            "WAITAOF": lambda _: _array([_integer(self.local), _integer(self.replicas)]),
            "SENTINEL": self._sentinel,
        }
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    # -- what a test does

    def drop_connections(self) -> None:
        """Close every connection; new ones are taken."""
        self._drop = True

    def count(self, command: str) -> int:
        """How often a command was received."""
        return sum(words[0].decode().upper() == command for words in list(self.received))

    def vanish(self) -> None:
        """Stop listening, close all connections and end the thread; no other process gets the port."""
        self._closing = True
        self._thread.join()

    def close(self) -> None:
        """As :meth:`vanish`, and let go of the port."""
        self.vanish()
        self._reservation.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- the thread

    def _serve(self) -> None:
        while not self._closing:
            for key, _ in self._selector.select(STEP_S):
                if key.fileobj is self._listener:
                    self._accept()
                elif isinstance(key.fileobj, socket.socket) and not self.deaf:
                    self._read(key.fileobj)
            if self._drop:
                self._drop = False
                self._accept_waiting()
                self._close_clients()
        self._close_clients()
        self._selector.close()
        self._listener.close()

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        client.settimeout(1.0)
        with contextlib.suppress(OSError):
            if self._tls is not None:
                client = self._tls.wrap_socket(client, server_side=True)
            self._clients[client] = hiredis.Reader()
            self._selector.register(client, selectors.EVENT_READ)
            return
        client.close()

    def _accept_waiting(self) -> None:
        """Take whoever the kernel has connected already: to its other end the connection stands, so it can be dropped."""
        while any(key.fileobj is self._listener for key, _ in self._selector.select(0)):
            self._accept()

    def _close_clients(self) -> None:
        for client in list(self._clients):
            self._forget(client)

    def _forget(self, client: socket.socket) -> None:
        self._selector.unregister(client)
        del self._clients[client]
        client.close()

    def _read(self, client: socket.socket) -> None:
        try:
            data = client.recv(RECEIVE_BYTES)
            while isinstance(client, ssl.SSLSocket) and client.pending():
                data += client.recv(client.pending())
            reader = self._clients[client]
            reader.feed(data)
            replies = b""
            while (words := reader.gets()) is not False:
                replies += self._reply(words)
            self._send(client, replies)
        except (OSError, hiredis.ProtocolError):
            data = b""
        if not data:
            self._forget(client)

    def _send(self, client: socket.socket, replies: bytes) -> None:
        step = 1 if self.cut else len(replies) or 1
        for at in range(0, len(replies), step):
            client.sendall(replies[at : at + step])

    def _reply(self, words: list[bytes]) -> bytes:
        self.received.append(words)
        name = words[0].decode().upper()
        if self.silent:
            return b""
        whole = " ".join(word.decode(errors="replace") for word in words[:2]).upper()
        if whole in self.script or name in self.script:
            return self.script.get(whole, self.script.get(name, b""))
        command = self._commands.get(name)
        return command(words) if command else b"-ERR unknown command '%b'\r\n" % words[0]

    # -- commands

    def _auth(self, words: list[bytes]) -> bytes:
        if words[-1].decode() == self.password:
            return b"+OK\r\n"
        return b"-WRONGPASS invalid username-password pair or user is disabled.\r\n"

    def _role(self, words: list[bytes]) -> bytes:  # noqa: ARG002 -- every command gets its words
        if self.role == "master":
            return _array([_bulk(b"master"), _integer(0), _array([])])
        return _array([_bulk(b"slave"), _bulk(b"127.0.0.1"), _integer(1), _bulk(b"connect"), _integer(-1)])

    def _set(self, words: list[bytes]) -> bytes:
        if self.role != "master":
            return b"-READONLY You can't write against a read only replica.\r\n"
        self.keys[words[1]] = words[2]
        return b"+OK\r\n"

    def _sentinel(self, words: list[bytes]) -> bytes:  # noqa: ARG002 -- it knows one primary, whatever its name
        if self.named is None:
            return b"*-1\r\n"
        return _array([_bulk(self.named[0].encode()), _bulk(str(self.named[1]).encode())])


def _bulk(value: bytes | None) -> bytes:
    return b"$-1\r\n" if value is None else b"$%d\r\n%b\r\n" % (len(value), value)


def _integer(value: int) -> bytes:
    return b":%d\r\n" % value


def _array(items: list[Any]) -> bytes:
    return b"*%d\r\n" % len(items) + b"".join(items)
