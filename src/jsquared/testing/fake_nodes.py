"""Data nodes in memory: they keep settings, keys and connections as servers do, and do nothing where a test says so.

For faults that act by commands alone. Unlike :class:`jsquared.testing.fake_deployment.FakeDeployment` nothing listens and nothing runs;
what a command does is done at once, and ``deaf`` commands are answered as ever and have no effect, which is what a proof must find out.
"""

import socket
import threading
from collections.abc import Callable, Sequence
from types import SimpleNamespace, TracebackType
from typing import Any, Self

from jsquared.records.placement import PlacedNode
from jsquared.resp.dialing import dial
from jsquared.resp.failures import ServerReplyError, Unreachable
from jsquared.running.view import RoleView
from jsquared.sandbox.linux.listener import LocalListener
from jsquared.testing.fake_plan import fake_placement, fake_plan

Word = str | bytes | int
TYPES = ("normal", "replica", "pubsub", "master")


class FakeNode:
    """One data node. All attributes may be changed at any moment.

    ``deaf`` are commands without effect, ``refused`` maps commands to error replies, ``code`` is the exit code of a process that ended.
    ``clients`` maps each type of client to the ids of its connections.
    """

    def __init__(self, name: str, *, primary: bool) -> None:
        self.name = name
        self.primary = primary
        self.config: dict[str, str] = {}
        self.info: dict[str, Any] = {"connected_clients": 10, "rejected_connections": 0, "sync_full": 2}
        self.keys: dict[str, bytes] = {}
        self.offset = 1000
        self.link_up = True
        self.clients: dict[str, set[int]] = {kind: set() for kind in TYPES}
        self.newest = 100
        self.deaf: set[str] = set()
        self.refused: dict[str, str] = {}
        self.code: int | None = None
        self.received: list[tuple[Word, ...]] = []
        self.hooks: dict[str, Callable[[FakeNode, tuple[Word, ...]], Any]] = {}
        """What a command does beyond, or instead of, what is done here; None leaves the usual reply."""

    def join(self, kind: str, count: int = 1) -> None:
        """New connections of a type."""
        for _ in range(count):
            self.newest += 1
            self.clients[kind].add(self.newest)

    def answer(self, words: tuple[Word, ...]) -> Any:
        """The reply to a command.

        :raises Unreachable: its process has ended.
        :raises ServerReplyError: it is refused.
        """
        self.received.append(words)
        command = str(words[0])
        if self.code is not None:
            raise Unreachable("no connection (refused)", where=self.name)
        if command in self.refused:
            raise ServerReplyError(self.refused[command], where=self.name)
        if command in self.hooks and (reply := self.hooks[command](self, words)) is not None:
            return reply
        does = getattr(self, f"_{command.lower()}", None)
        return "OK" if does is None else does(command in self.deaf, *words[1:])

    def _config(self, deaf: bool, verb: str, directive: str, value: Word = "") -> Any:
        if verb == "SET" and not deaf:
            self.config[directive] = str(value)
        if verb == "SET":
            return "OK"
        return [directive, self.config[directive]] if directive in self.config else []

    def _info(self, deaf: bool, section: str = "") -> str:  # noqa: ARG002 -- every command gets its words
        return "".join(f"{field}:{value}\r\n" for field, value in self.info.items())

    def _set(self, deaf: bool, key: str, value: bytes) -> str:
        if not deaf:
            self.keys[key] = value
            self.offset += len(value)
        return "OK"

    def _append(self, deaf: bool, key: str, value: bytes) -> int:
        if not deaf:
            self.keys[key] = self.keys.get(key, b"") + value
            self.offset += len(value)
        return len(self.keys.get(key, b""))

    def _unlink(self, deaf: bool, *keys: str) -> int:
        return 0 if deaf else sum(self.keys.pop(key, None) is not None for key in keys)

    def _exists(self, deaf: bool, *keys: str) -> int:  # noqa: ARG002
        return sum(key in self.keys for key in keys)

    def _dbsize(self, deaf: bool) -> int:  # noqa: ARG002
        return len(self.keys)

    def _client(self, deaf: bool, verb: str, _: str, kind: str) -> Any:
        there = self.clients[kind]
        if verb == "KILL":
            count = len(there)
            if not deaf:
                there.clear()
            return count
        self.newest += 1  # the connection that asks: ids only ever grow
        asking = {self.newest} if kind == "normal" else set()
        return "".join(f"id={number} addr=10.77.0.9:1 name=\n" for number in sorted(there | asking))


class FakeConnection:
    """A connection to a fake node; a command is answered when its reply is asked for, as late as :attr:`FakeNodes.slow` says."""

    def __init__(self, nodes: "FakeNodes", node: FakeNode) -> None:
        self._nodes = nodes
        self._node = node
        self._words: tuple[Word, ...] = ()
        self.closed = False

    def send(self, *words: Word) -> None:
        """Keep a command for :meth:`reply`."""
        self._words = words
        if words[0] in self._nodes.at_once:
            self._nodes.at_once[str(words[0])](words)

    def reply(self, within_s: float | None = None) -> Any:  # noqa: ARG002 -- nothing takes long here
        """The answer to what was sent."""
        threading.Event().wait(self._nodes.slow.get(str(self._words[0]), 0.0))
        return self._node.answer(self._words)

    def command(self, *words: Word) -> Any:
        """Send and take the answer."""
        self.send(*words)
        return self.reply()

    def close(self) -> None:
        """Note that it was closed."""
        self.closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class FakeNodes:
    """A deployment of fake data nodes: ``redis-n1`` is the primary, ``redis-n2`` and ``redis-n3`` its replicas.

    ``slow`` maps commands to seconds until their reply on its own connection, ``at_once`` to what happens once they are sent there.
    """

    master_name = "mymaster"

    def __init__(self) -> None:
        self.plan = fake_plan()
        self.placement = fake_placement(self.plan)
        self.nodes = {node.name: FakeNode(node.name, primary=node.initial_primary) for node in self.plan.data_nodes()}
        self.slow: dict[str, float] = {}
        self.at_once: dict[str, Callable[[tuple[Word, ...]], None]] = {}
        self.connections: list[FakeConnection] = []
        self.sandbox = SimpleNamespace(listen=lambda _host, address: LocalListener(address, 0))

    def __getitem__(self, name: str) -> FakeNode:
        return self.nodes[name]

    def ask(self, name: str, *words: Word, timeout_s: float = 1.0) -> Any:  # noqa: ARG002
        """One command on its own connection."""
        return self.nodes[name].answer(words)

    def node(self, name: str) -> PlacedNode:
        """The node of that name."""
        return self.placement.node(name)

    def address(self, name: str) -> str:
        """Where it was placed."""
        return self.node(name).address

    def dial(self, address: str, port: int, limit_s: float) -> socket.socket:
        """Connect to whoever listens on this machine."""
        return dial(address, port, limit_s)

    def connect(self, name: str, timeout_s: float = 1.0) -> FakeConnection:  # noqa: ARG002
        """A connection.

        :raises Unreachable: its process has ended.
        """
        if self.nodes[name].code is not None:
            raise Unreachable("no connection (refused)", where=name)
        self.connections.append(FakeConnection(self, self.nodes[name]))
        return self.connections[-1]

    def role(self, name: str) -> RoleView | None:
        """Return a node's role, None if it has ended."""
        node = self.nodes[name]
        if node.code is not None:
            return None
        return RoleView(primary=node.primary, offset=node.offset, link_up=node.link_up, follows="", replicas=2)

    def answers(self, name: str, timeout_s: float = 0.25) -> bool:  # noqa: ARG002
        """True if its process runs."""
        return self.nodes[name].code is None

    def process(self, name: str) -> Any:
        """Its process."""
        code = self.nodes[name].code
        return SimpleNamespace(pid=7, returncode=code, poll=lambda: code)

    def last_primary(self) -> str:
        """The node that says so."""
        return next(name for name, node in self.nodes.items() if node.primary)

    def primary(self) -> str:
        """The same."""
        return self.last_primary()

    def replicas(self) -> Sequence[str]:
        """The others."""
        return [name for name, node in self.nodes.items() if not node.primary]
