"""Data nodes in memory: they listen in a memory sandbox, keep keys, and replicate them at once. One thread serves them all.

They read their configuration from the folder that the lab has put it in, and answer what the lab and its clients ask in a trial.
"""

import re
import selectors
import socket
import threading
import time
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

import hiredis

from jsquared.testing.memory_process import MemoryProcess, Program
from jsquared.testing.memory_sandbox import MemoryListener, MemorySandbox, Place

STEP_S = 0.002
RECEIVE_BYTES = 262_144


Command = Callable[["Client", list[str]], Any]


class MemoryServer(Program):
    """A process that listens where its configuration says; ``commands`` answer, by name."""

    def __init__(self, process: MemoryProcess, sandbox: MemorySandbox, loop: "ServerLoop") -> None:
        super().__init__(process)
        path = PurePosixPath(process.argv[1])
        self.name = path.stem
        self.folder = sandbox.folder(process.host, self.name)
        self.conf = self.folder.read_text(path.name)
        self.address: Place = (self.setting("bind"), int(self.setting("port")))
        self.run_id = f"{process.pid:040x}"
        self.listener: MemoryListener | None = None
        self.clients: dict[socket.socket, Client] = {}
        self.commands: dict[str, Command] = {
            "PING": lambda *_: "+PONG",
            "CONFIG": lambda _, words: [words[2], "100"] if words[2] == "replica-priority" else [],
            "CLIENT": lambda *_: "".join(
                f"id={each.peer[1]} addr={each.where} name=\n" for each in self.clients.values()
            ),
        }
        self._sandbox = sandbox
        self._loop = loop

    def setting(self, name: str) -> str:
        """The words after a directive of its configuration; empty where it has none."""
        found = re.search(rf"^{name} (.*)$", self.conf, re.MULTILINE)
        return found[1] if found else ""

    def begin(self) -> None:
        """Listen."""
        self.listener = self._sandbox.listen(self.process.host, *self.address)
        self._loop.join(self)
        self.log("Ready to accept connections")

    def end(self) -> None:
        """Listen no more, and close all connections."""
        if self.listener is not None:
            self.listener.close()
        self._loop.leave(self)

    def log(self, text: str) -> None:
        """Write a line as servers do."""
        now = time.time()
        stamp = time.strftime("%d %b %Y %H:%M:%S", time.gmtime(now))
        self.process.log.append(f"{self.process.pid}:X {stamp}.{int(now * 1000) % 1000:03} * {text}")

    def answer(self, client: "Client", words: list[str]) -> bytes:
        """The reply to a command."""
        command = self.commands.get(words[0].upper())
        return packed_reply(f"-ERR unknown command '{words[0]}'" if command is None else command(client, words))


class Client:
    """A connection to a server, from ``peer``."""

    def __init__(self, ours: socket.socket, peer: Place) -> None:
        self.socket = ours
        self.peer = peer
        self.where = f"{peer[0]}:{peer[1]}"
        self.reader = hiredis.Reader(encoding="utf-8", errors="surrogateescape")

    def send(self, data: bytes) -> None:
        """Send, as a server that waits for nobody: who does not read misses it."""
        try:
            self.socket.sendall(data)
        except OSError:
            self.socket.close()


class ServerLoop:
    """The thread that serves all servers, and between two rounds lets ``look`` do what is due."""

    def __init__(self) -> None:
        self.servers: dict[str, MemoryServer] = {}
        self.look: Callable[[], None] = lambda: None
        self._lock = threading.RLock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="memory-servers", daemon=True)
        self._thread.start()

    def join(self, server: MemoryServer) -> None:
        """Serve one more."""
        with self._lock:
            self.servers[server.name] = server

    def leave(self, server: MemoryServer) -> None:
        """Serve it no more."""
        with self._lock:
            if self.servers.get(server.name) is server:
                del self.servers[server.name]
            for client in server.clients.values():
                client.socket.close()
            server.clients.clear()

    def close(self) -> None:
        """End."""
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(STEP_S):
            with self._lock:
                for server in list(self.servers.values()):
                    if not server.process.is_stopped:
                        self._serve(server)
                self.look()

    def _serve(self, server: MemoryServer) -> None:
        assert server.listener is not None
        while True:
            try:
                ours, peer = server.listener.accept(0)
            except TimeoutError:
                break
            server.clients[ours] = Client(ours, peer)
        with selectors.DefaultSelector() as selector:
            for ours in list(server.clients):
                if ours.fileno() < 0:
                    del server.clients[ours]
                else:
                    selector.register(ours, selectors.EVENT_READ)
            for key, _ in selector.select(0) if server.clients else []:
                self._read(server, server.clients[key.fileobj])  # type: ignore[index]

    def _read(self, server: MemoryServer, client: Client) -> None:
        try:
            data = client.socket.recv(RECEIVE_BYTES)
        except OSError:
            data = b""
        if not data:
            client.socket.close()
            del server.clients[client.socket]
            return
        client.reader.feed(data)
        while (words := client.reader.gets()) is not False:
            client.send(server.answer(client, words))


class DataServer(MemoryServer):
    """A data node: it keeps its keys when it ends, and every write is on its replicas before it is answered."""

    def __init__(
        self, process: MemoryProcess, sandbox: MemorySandbox, loop: ServerLoop, kept: dict[str, dict[str, str]]
    ) -> None:
        """:param kept: the keys that each node's disk has, by its name."""
        super().__init__(process, sandbox, loop)
        self.keys = kept.setdefault(self.name, {})
        self.follows: Place | None = None
        if primary := self.setting("replicaof").split():
            self.follows = (primary[0], int(primary[1]))
        self.offset = 0
        more: dict[str, Command] = {
            "INFO": lambda *_: self._info(),
            "ROLE": lambda *_: self._role(),
            "SET": self._set,
            "WAIT": lambda *_: len(self.replicas()),
            "GET": lambda _, words: self.keys.get(words[1]),
            "MGET": lambda _, words: [self.keys.get(key) for key in words[1:]],
            "DBSIZE": lambda *_: len(self.keys),
            "SELECT": lambda *_: "+OK",
            "SCAN": lambda *_: ["0", list(self.keys)],
            "TYPE": lambda _, words: "+string" if words[1] in self.keys else "+none",
            "PTTL": lambda _, words: -1 if words[1] in self.keys else -2,
            "GETRANGE": lambda _, words: self.keys.get(words[1], ""),
        }
        self.commands |= more

    def replicas(self) -> list["DataServer"]:
        """The running ones that follow it."""
        servers = self._loop.servers.values()
        return [each for each in servers if isinstance(each, DataServer) and each.follows == self.address]

    def follow(self, primary: "DataServer | None") -> None:
        """Become a replica with all that its primary has; a primary where there is none."""
        self.follows = None if primary is None else primary.address
        if primary is not None:
            self.keys.clear()
            self.keys.update(primary.keys)
            self.offset = primary.offset
        self.log(f"Before turning into a replica of {primary.name}" if primary else "MASTER MODE enabled")

    def _set(self, _: Client, words: list[str]) -> str:
        if self.follows is not None:
            return "-READONLY You can't write against a read only replica."
        if "PX" in (word.upper() for word in words[3:]):
            return "+OK"  # gone before anybody looks
        for server in (self, *self.replicas()):
            server.keys[words[1]] = words[2]
            server.offset += sum(map(len, words))
        return "+OK"

    def _info(self) -> str:
        fields: dict[str, Any] = {"run_id": self.run_id, "expired_keys": 0, "aof_pending_bio_fsync": 0}
        if self.follows is None:
            fields |= {"role": "master", "connected_slaves": len(self.replicas()), "master_repl_offset": self.offset}
        else:
            up = any(
                isinstance(each, DataServer) and each.address == self.follows for each in self._loop.servers.values()
            )
            fields |= {"role": "slave", "master_host": self.follows[0], "master_port": self.follows[1]}
            fields |= {"master_link_status": "up" if up else "down", "slave_repl_offset": self.offset}
        lines = [f"{name}:{value}" for name, value in fields.items()]
        keyspace = [f"db0:keys={len(self.keys)},expires=0,avg_ttl=0"] if self.keys else []
        return "\r\n".join((*lines, *keyspace, ""))

    def _role(self) -> list[Any]:
        if self.follows is None:
            return ["master", self.offset, []]
        return ["slave", self.follows[0], self.follows[1], "connected", self.offset]


def packed_reply(reply: Any) -> bytes:
    """A reply as RESP has it: text that begins with ``+`` or ``-`` as it is, other text, numbers, nothing and lists."""
    if reply is None:
        return b"$-1\r\n"
    if isinstance(reply, int):
        return b":%d\r\n" % reply
    if isinstance(reply, list | tuple):
        return b"*%d\r\n" % len(reply) + b"".join(map(packed_reply, reply))
    text = reply.encode("utf-8", "surrogateescape")
    return b"%b\r\n" % text if text[:1] in (b"+", b"-") else b"$%d\r\n%b\r\n" % (len(text), text)
