"""A deployment in memory that steps of a change act on: logins, files, processes and engines, and clients that are told new logins."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from jsquared.records.client_orders import LOGIN, login_in
from jsquared.records.plan import Engine
from jsquared.resp.failures import ServerReplyError
from support.changes import REDIS, VALKEY

DATA = ("d1", "d2")
OTHER_GROUP = "d3"
"""The data node of another monitored primary."""
CLIENTS = ("client-1", "client-2")


class Process:
    """A process of which a test says how it ended; ``told`` has what came to its stdin, ``signals`` what it was sent."""

    pid = 7

    def __init__(self) -> None:
        self.code: int | None = None
        self.told: list[bytes] = []
        self.ends_by: set[str] = {"SIGTERM", "SIGKILL"}

    def poll(self) -> int | None:
        """Its exit code."""
        return self.code

    def wait(self, limit_s: float | None = None) -> int | None:
        """The same, at once."""
        return self.code

    def send_signal(self, name: str) -> None:
        """End, where it ends by that."""
        self.code = -15 if name in self.ends_by else self.code

    def kill(self) -> None:
        """The same, by SIGKILL."""
        self.send_signal("SIGKILL")

    def tell(self, words: bytes) -> None:
        """Keep it."""
        self.told.append(words)


class ChangedDeployment:
    """Two data nodes of one primary, one of another and a Sentinel, in memory; ``login`` is the one of the lab and of clients alike.

    ``passwords`` maps node and user to the password that is right; ``used`` has the logins that the lab was told to use.
    """

    master_name = "mymaster"

    def __init__(self, login: tuple[str, ...]) -> None:
        self.data = [
            SimpleNamespace(
                name=name,
                role="data",
                master_name="other" if name == OTHER_GROUP else self.master_name,
                initial_primary=name != "d2",
                login=login,
                client_login=("of-replicas", "old") if name == "d2" else login,
            )
            for name in ("d2", "d1", OTHER_GROUP)  # the primary is not the first, and clients log in there as planned
        ]
        self.sentinels = [SimpleNamespace(name="s1", role="sentinel", login=(), client_login=())]
        self.nodes = [*self.data, *self.sentinels]
        self.placement = SimpleNamespace(
            engine=REDIS, other_engines={"auto": VALKEY}, clients=[SimpleNamespace(name=name) for name in CLIENTS]
        )
        self.processes = {name: Process() for name in (*CLIENTS, *(node.name for node in self.nodes))}
        self.lives = SimpleNamespace(newest=self._life)
        self.passwords: dict[tuple[str, str], str] = {}
        self.used: dict[str, tuple[str, ...]] = {}
        self.files = {f"{node.name}.conf": "port 1\nmaxmemory 1gb\n" for node in self.nodes}
        self.engines: dict[str, Engine] = {}
        self.started: list[tuple[str, str]] = []
        self.events = SimpleNamespace(add=lambda _: None)

    def _life(self, name: str) -> Any:
        return SimpleNamespace(process=self.processes[name]) if name in self.processes else None

    def node(self, name: str) -> Any:
        """The node of that name."""
        return {node.name: node for node in self.nodes}[name]

    def group(self, master_name: str = "") -> list[Any]:
        """The data nodes of one primary."""
        return [node for node in self.data if node.master_name == (master_name or self.master_name)]

    @contextmanager
    def connect(self, name: str, *, credentials: tuple[str, str]) -> Iterator[Any]:
        """A connection of somebody who logs in."""
        if self.passwords.get((name, credentials[0])) != credentials[1]:
            raise ServerReplyError("WRONGPASS", where=name)
        yield SimpleNamespace(command=lambda *_: "PONG")

    def use_credentials(self, name: str, credentials: tuple[str, ...]) -> None:
        """Keep them."""
        self.used[name] = credentials

    def ask(self, name: str, *words: str | int, timeout_s: float = 1.0) -> Any:
        """Say who was asked what."""
        return [name, *words]

    def role(self, name: str, timeout_s: float) -> Any:
        """Nobody says so."""
        return None

    def folder(self, name: str) -> Any:
        """The one folder of all."""
        return SimpleNamespace(read_text=self.files.__getitem__, write_text=self.files.__setitem__)

    def address(self, name: str) -> str:
        """Where it is."""
        return "10.0.0.9"

    def process(self, name: str) -> Process:
        """A node's process."""
        return self.processes[name]

    def signal(self, name: str, number: Any, state: str) -> None:
        """Send it."""
        self.processes[name].send_signal(number.name)

    def use_engine(self, name: str, engine: Engine) -> None:
        """From the next start on."""
        self.engines[name] = engine

    def start(self, name: str, *, reason: str) -> None:
        """Note what is started with which reason."""
        self.started.append((name, reason))

    def told(self) -> dict[str, list[tuple[str, str]]]:
        """The logins that each client was told."""
        assert all(line.startswith(LOGIN) for name in CLIENTS for line in self.processes[name].told)
        return {name: [login_in(line) for line in self.processes[name].told] for name in CLIENTS}
