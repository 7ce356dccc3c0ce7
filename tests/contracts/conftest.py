"""Real servers and real client processes on loopback addresses of their own, for the contracts of the workload."""

import contextlib
import json
import random
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import hiredis
import pytest

from jsquared.records.history import OK
from jsquared.records.operations import Operations, read_live
from jsquared.workload.workload import COMMAND, ClientSpec, SentinelAddress

MASTER = "mymaster"
DATA_PORT, SENTINEL_PORT = 6379, 26379
DOWN_AFTER_MS = 600


def free_network() -> str:
    """The first three numbers of a loopback network that nobody listens in."""
    while True:
        network = f"127.{random.randrange(130, 250)}.{random.randrange(1, 250)}"
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind((f"{network}.1", DATA_PORT))
            return network


class Servers:
    """One primary, replicas and Sentinels on loopback addresses of their own; ended by pid."""

    def __init__(self, engine: Path, folder: Path) -> None:
        self.engine = engine
        self.folder = folder
        self.network = free_network()
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def data(self, number: int) -> tuple[str, int]:
        """The address of a data node, from 0."""
        return f"{self.network}.{number + 1}", DATA_PORT

    def sentinel(self, number: int) -> tuple[str, int]:
        """The address of a Sentinel, from 0."""
        return f"{self.network}.{number + 101}", SENTINEL_PORT

    def start_data(self, number: int, *lines: str) -> None:
        """Start a data node; every one but the first follows the first."""
        address, port = self.data(number)
        follow = [] if number == 0 else [f"replicaof {self.data(0)[0]} {DATA_PORT}"]
        own = [f"port {port}", "save ''", "repl-diskless-sync-delay 0"]
        self._start(f"data-{number}", address, [*own, *follow, *lines])

    def start_sentinel(self, number: int, *lines: str, primary: int = 0, quorum: int = 2) -> None:
        """Start a Sentinel that monitors a data node."""
        address, port = self.sentinel(number)
        own = [
            f"port {port}",
            f"sentinel monitor {MASTER} {self.data(primary)[0]} {DATA_PORT} {quorum}",
            f"sentinel down-after-milliseconds {MASTER} {DOWN_AFTER_MS}",
            f"sentinel failover-timeout {MASTER} 3000",
        ]
        self._start(f"sentinel-{number}", address, [*own, *lines], "--sentinel")

    def _start(self, name: str, address: str, lines: list[str], *options: str) -> None:
        folder = self.folder / name
        folder.mkdir()
        own = [f"bind {address}", f"bind-source-addr {address}", "protected-mode no", f"dir {folder}"]
        (folder / "server.conf").write_text("\n".join([*own, *lines]) + "\n")
        self._run(name, *options)

    def again(self, name: str) -> None:
        """Start a server that has ended, with the configuration that it has left."""
        self.processes[name].wait()
        self._run(name, *(["--sentinel"] if name.startswith("sentinel") else []))

    def _run(self, name: str, *options: str) -> None:
        folder = self.folder / name
        with (folder / "log").open("ab") as log:
            argv = [str(self.engine), str(folder / "server.conf"), *options]
            self.processes[name] = subprocess.Popen(argv, stdout=log, stderr=log)

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to one server."""
        self.processes[name].send_signal(number)

    def ask(self, where: tuple[str, int], *commands: tuple[str, ...]) -> Any:
        """The reply to the last of some commands on one connection; an error comes as an exception object, silence as None."""
        reader = hiredis.Reader(encoding="utf-8")
        reply: Any = None
        try:
            with socket.create_connection(where, timeout=2) as connection:
                connection.sendall(b"".join(hiredis.pack_command(command) for command in commands))
                for _ in commands:
                    while (reply := reader.gets()) is False:
                        data = connection.recv(65536)
                        if not data:
                            return None
                        reader.feed(data)
        except OSError:
            return None
        return reply

    def attached(self, replicas: int, *, aof: bool) -> bool:
        """Whether that many replicas acknowledge a write to the first data node; "online" ones may still be loading."""
        wait = ("WAITAOF", "1", str(replicas), "200") if aof else ("WAIT", str(replicas), "200")
        counted = self.ask(self.data(0), ("SET", "warm", "up"), ("DEL", "warm"), wait)
        return counted in (replicas, [1, replicas])

    def sentinels_know(self, count: int, replicas: int) -> bool:
        """Whether every Sentinel knows all others and all replicas."""
        views = [self.ask(self.sentinel(number), ("SENTINEL", "MASTER", MASTER)) for number in range(count)]
        flat = [dict(zip(view[::2], view[1::2], strict=True)) for view in views if isinstance(view, list)]
        return len(flat) == count and all(
            (view["num-other-sentinels"], view["num-slaves"]) == (str(count - 1), str(replicas)) for view in flat
        )

    def close(self) -> None:
        """Kill every server."""
        for process in self.processes.values():
            process.kill()
            process.wait()


class ClientProcess:
    """A client process, its orders and what it said."""

    def __init__(self, spec: ClientSpec, folder: Path) -> None:
        self.spec = spec
        self.said: list[dict[str, Any]] = []
        self.process = subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.process.stdin is not None
        self.process.stdin.write(spec.orders())
        self.process.stdin.flush()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(json.loads(line))

    def order(self, word: str) -> None:
        """Write one line to its stdin."""
        assert self.process.stdin is not None
        self.process.stdin.write(word.encode() + b"\n")
        self.process.stdin.flush()

    def has_said(self, action: str, node: int | None = None) -> bool:
        """Whether it said this, about this node when one is given."""
        return any(line["action"] == action and node in (None, line["node"]) for line in list(self.said))

    def operations(self) -> Operations:
        """What it has recorded so far."""
        return read_live(Path(self.spec.history), 0)

    def acknowledged(self, node: int = 0) -> int:
        """How many writes a node has acknowledged so far."""
        operations = self.operations()
        return int(((operations.outcome == OK) & (operations.node == node)).sum())

    def errors(self, outcome: int) -> set[int]:
        """The error codes of all operations with this outcome."""
        operations = self.operations()
        return set(operations.error[operations.outcome == outcome].tolist())

    def finish(self) -> Operations:
        """Order it to stop, wait for its end and give what it recorded."""
        self.order("stop")
        assert self.process.wait(20) == 0
        self._listener.join()
        return self.operations()

    def close(self) -> None:
        """End it if it still runs."""
        self.process.kill()
        self.process.wait()
        self._listener.join()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            with contextlib.suppress(OSError):
                pipe.close()


class Lab:
    """Servers and clients of one test."""

    def __init__(self, servers: Servers, folder: Path, wait_until: Callable[..., None]) -> None:
        self.servers = servers
        self.folder = folder
        self.wait_until = wait_until
        self.clients: list[ClientProcess] = []

    def stand_up(self, replicas: int = 0, sentinels: int = 1, *lines: str) -> None:
        """Start servers and wait until all know each other."""
        for number in range(replicas + 1):
            self.servers.start_data(number, *lines)
        self.wait_until(
            lambda: self.servers.attached(replicas, aof="appendonly yes" in lines), what="replicas attached"
        )
        for number in range(sentinels):
            self.servers.start_sentinel(number)
        self.wait_until(lambda: self.servers.sentinels_know(sentinels, replicas), what="Sentinels converged")

    def spec(self, sentinels: int = 1, data: int = 1, **changes: Any) -> ClientSpec:
        """A specification for these servers."""
        addresses = [self.servers.sentinel(number) for number in range(sentinels)]
        spec = ClientSpec(
            name="client-1",
            number=1,
            sentinels=tuple(SentinelAddress(address=address, port=port) for address, port in addresses),
            majority=sentinels // 2 + 1,
            master_name=MASTER,
            nodes=tuple(self.servers.data(number) for number in range(data)),
            history=str(self.folder / "client-1.ops"),
            source_address=f"{self.servers.network}.200",
            max_run_ms=90_000,
        )
        return replace(spec, **changes)

    def client(self, spec: ClientSpec, *, wait: bool = True) -> ClientProcess:
        """Start a client; unless told otherwise, wait until it is ready and let it write."""
        client = ClientProcess(spec, self.folder)
        self.clients.append(client)
        if wait:
            self.wait_until(lambda: client.has_said("ready"), what="the client is ready")
            client.order("go")
        return client


@pytest.fixture
def make_servers(tmp_path: Path) -> Iterator[Callable[[Path], Servers]]:
    """Makes servers of an engine; they end with the test."""
    made: list[Servers] = []

    def make(engine: Path) -> Servers:
        made.append(Servers(engine, tmp_path))
        return made[-1]

    yield make
    for servers in made:
        servers.close()


@pytest.fixture(params=["valkey", pytest.param("redis", marks=pytest.mark.redis)])
def engine(request: pytest.FixtureRequest) -> Path:
    """Each of the two engines that the lab is used with most."""
    path: Path = request.getfixturevalue(f"{request.param}_engine")
    return path


@pytest.fixture
def make_lab(
    make_servers: Callable[[Path], Servers], tmp_path: Path, wait_until: Callable[..., None]
) -> Iterator[Callable[[Path], Lab]]:
    """Makes a lab with an engine; everything in it ends with the test."""
    made: list[Lab] = []

    def make(engine: Path) -> Lab:
        made.append(Lab(make_servers(engine), tmp_path, wait_until))
        return made[-1]

    yield make
    for client in (client for lab in made for client in lab.clients):
        client.close()


@pytest.fixture
def lab(make_lab: Callable[[Path], Lab], valkey_engine: Path) -> Lab:
    """An empty lab with the engine that comes along."""
    return make_lab(valkey_engine)


@pytest.fixture
def either_lab(make_lab: Callable[[Path], Lab], engine: Path) -> Lab:
    """An empty lab with each engine."""
    return make_lab(engine)
