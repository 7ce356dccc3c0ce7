"""The client process against real servers: what it records when they acknowledge, refuse, hang, die and fail over."""

import contextlib
import json
import os
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
import numpy as np
import pytest

from jsquared.records.history import ERROR_CODES, FAIL, OK, PRESENT, UNKNOWN
from jsquared.records.operations import Operations, read_live
from jsquared.workload.read_back import NodeReader
from jsquared.workload.workload import ClientSpec, SentinelAddress

MASTER = "mymaster"
DATA_PORT, SENTINEL_PORT = 6379, 26379
DOWN_AFTER_MS = 600
pytestmark = pytest.mark.timeout(120)


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
        follow = [] if number == 0 else ["replicaof %s %d" % self.data(0)]
        own = [f"port {port}", "save ''", "repl-diskless-sync-delay 0"]
        self._start(f"data-{number}", address, [*own, *follow, *lines])

    def start_sentinel(self, number: int, *lines: str, primary: int = 0, quorum: int = 2) -> None:
        """Start a Sentinel that monitors a data node."""
        address, port = self.sentinel(number)
        own = [
            f"port {port}",
            "sentinel monitor %s %s %d %d" % (MASTER, *self.data(primary), quorum),
            f"sentinel down-after-milliseconds {MASTER} {DOWN_AFTER_MS}",
            f"sentinel failover-timeout {MASTER} 3000",
        ]
        self._start(f"sentinel-{number}", address, [*own, *lines], "--sentinel")

    def _start(self, name: str, address: str, lines: list[str], *options: str) -> None:
        folder = self.folder / name
        folder.mkdir()
        conf = folder / "server.conf"
        own = [f"bind {address}", f"bind-source-addr {address}", "protected-mode no", f"dir {folder}"]
        conf.write_text("\n".join([*own, *lines]) + "\n")
        with (folder / "log").open("wb") as log:
            argv = [str(self.engine), str(conf), *options]
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
        argv = spec.write(folder / f"{spec.name}.json")
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
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

    def client(self, spec: ClientSpec, *, go: bool = True) -> ClientProcess:
        """Start a client, wait until it is ready, and let it write unless told otherwise."""
        client = ClientProcess(spec, self.folder)
        self.clients.append(client)
        self.wait_until(lambda: client.has_said("ready"), what="the client is ready")
        if go:
            client.order("go")
        return client


@pytest.fixture
def lab(valkey_engine: Path, tmp_path: Path, wait_until: Callable[..., None]) -> Iterator[Lab]:
    """An empty lab; everything in it ends with the test."""
    servers = Servers(valkey_engine, tmp_path)
    lab = Lab(servers, tmp_path, wait_until)
    yield lab
    for client in lab.clients:
        client.close()
    servers.close()


@pytest.mark.parametrize(
    ("mode", "replicas", "local"),
    [("async", 0, 0), ("wait", 1, 0), ("waitaof", 1, 1)],
    ids=["async", "wait", "waitaof"],
)
def test_every_acknowledged_write_is_there(lab: Lab, mode: str, replicas: int, local: int) -> None:
    """In every mode the client acknowledges writes, counts its replicas, and all its keys are found afterwards."""
    lab.stand_up(1, 1, "appendonly yes", "appendfsync always")
    # A replica tells how far its append-only file is on disk once a second only: WAITAOF needs longer than that.
    ack = lab.spec(
        ack_mode=mode, ack_replicas=replicas, ack_local=local, wait_timeout_ms=3000, operation_timeout_ms=6000
    )
    client = lab.client(ack)
    lab.wait_until(lambda: client.acknowledged() > 100, what="writes are acknowledged")
    operations = client.finish()
    assert set(operations.outcome.tolist()) == {OK}
    assert set(operations.replicas.tolist()) == {replicas}
    assert (operations.invoked_ns >= operations.intended_ns).all()
    assert (operations.completed_ns >= operations.invoked_ns).all()
    reader = NodeReader(*lab.servers.data(0))
    found = reader.found("jsquared:", 1, len(operations), 64)
    assert set(found.tolist()) == {PRESENT}
    assert reader.keys() == len(operations)
    reader.close()
    assert client.said[0]["action"] == "ready"
    assert client.said[-1] | {"t_ns": 0} == {"t_ns": 0, "action": "ended", "node": 0, "detail": "stopped"}


def test_follows_a_failover_after_a_kill(lab: Lab) -> None:
    """When the primary is killed the client stops acknowledging there and goes on at the promoted replica by itself."""
    lab.stand_up(2, 3)
    client = lab.client(lab.spec(3, 3))
    lab.wait_until(lambda: client.acknowledged() > 50, what="writes before the kill")
    lab.servers.signal("data-0", signal.SIGKILL)
    lab.wait_until(lambda: client.acknowledged(1) + client.acknowledged(2) > 50, what="writes after the failover")
    operations = client.finish()
    assert np.all(np.diff(operations.intended_ns) > 0)
    failed = operations.outcome == FAIL
    assert failed.any()
    assert set(operations.error[failed].tolist()) <= {
        ERROR_CODES[name] for name in ("no primary known", "connection refused", "connection lost")
    }
    assert (operations.invoked_ns[failed] == -1).all()


def test_follows_a_failover_after_a_hang(lab: Lab) -> None:
    """When the primary hangs, what was in flight is unknown by timeout, and the client moves on although it never answers."""
    lab.stand_up(2, 3)
    client = lab.client(lab.spec(3, 3, operation_timeout_ms=500, wait_timeout_ms=100))
    lab.wait_until(lambda: client.acknowledged() > 50, what="writes before the hang")
    lab.servers.signal("data-0", signal.SIGSTOP)
    lab.wait_until(lambda: client.acknowledged(1) + client.acknowledged(2) > 50, what="writes after the failover")
    client.finish()
    assert ERROR_CODES["timeout"] in client.errors(UNKNOWN)


def test_leaves_a_demoted_primary(lab: Lab) -> None:
    """READONLY is a certain failure; the client asks again and does not believe a node that says it is a replica."""
    lab.stand_up(1, 1)
    client = lab.client(lab.spec())
    lab.wait_until(lambda: client.acknowledged() > 20, what="writes before")
    lab.servers.signal("sentinel-0", signal.SIGSTOP)  # it would undo the demotion, or follow it
    lab.servers.ask(lab.servers.data(0), ("REPLICAOF", lab.servers.data(1)[0], str(DATA_PORT)))
    lab.wait_until(lambda: ERROR_CODES["no primary known"] in client.errors(FAIL), what="writes fail")
    lab.servers.ask(lab.servers.data(0), ("REPLICAOF", "NO", "ONE"))
    before = client.acknowledged()
    lab.servers.signal("sentinel-0", signal.SIGCONT)
    lab.wait_until(lambda: client.acknowledged() > before + 20, what="writes after")
    client.finish()
    assert client.has_said("disconnected", 0)


def test_stays_with_a_primary_that_lacks_replicas(lab: Lab) -> None:
    """NOREPLICAS is a certain failure, but the node is the primary all the same: writes go on as soon as it takes them."""
    lab.stand_up()
    client = lab.client(lab.spec())
    lab.wait_until(lambda: client.acknowledged() > 20, what="writes before")
    lab.servers.ask(lab.servers.data(0), ("CONFIG", "SET", "min-replicas-to-write", "1"))
    lab.wait_until(lambda: ERROR_CODES["NOREPLICAS"] in client.errors(FAIL), what="NOREPLICAS")
    lab.servers.ask(lab.servers.data(0), ("CONFIG", "SET", "min-replicas-to-write", "0"))
    lab.wait_until(lambda: client.has_said("recovered"), what="writes after")
    operations = client.finish()
    assert set(operations.error[operations.outcome == FAIL].tolist()) == {ERROR_CODES["NOREPLICAS"]}
    assert not client.has_said("disconnected")


def test_shortfall_is_unknown(lab: Lab) -> None:
    """A write that too few replicas acknowledged in time is unknown, with the number of those that did."""
    lab.stand_up(1, 1)
    client = lab.client(lab.spec(ack_mode="wait", ack_replicas=1, wait_timeout_ms=50))
    lab.wait_until(lambda: client.acknowledged() > 20, what="writes before")
    lab.servers.signal("data-1", signal.SIGSTOP)
    lab.wait_until(lambda: client.has_said("shortfall"), what="a shortfall")
    lab.servers.signal("data-1", signal.SIGCONT)
    lab.wait_until(lambda: client.has_said("recovered"), what="writes after")
    operations = client.finish()
    unknown = operations.outcome == UNKNOWN
    assert set(operations.error[unknown].tolist()) == {ERROR_CODES["too few replicas acknowledged"]}
    assert set(operations.replicas[unknown].tolist()) == {0}
    assert not client.has_said("disconnected")


def test_minority_of_sentinels_is_not_believed(lab: Lab) -> None:
    """One Sentinel of three that names another node does not get the client there."""
    lab.servers.start_data(0)
    lab.servers.start_data(1, "replicaof no one")
    lab.wait_until(lambda: lab.servers.ask(lab.servers.data(1), ("PING",)) == "PONG", what="data nodes answer")
    lab.servers.start_sentinel(0, primary=1, quorum=3)
    lab.servers.start_sentinel(1, quorum=3)
    client = ClientProcess(lab.spec(3, 2), lab.folder)
    lab.clients.append(client)
    lab.wait_until(lambda: lab.servers.ask(lab.servers.sentinel(0), ("PING",)) == "PONG", what="Sentinels answer")
    lab.servers.start_sentinel(2, quorum=3)
    lab.wait_until(lambda: client.has_said("ready"), what="the client is ready")
    client.order("go")
    lab.wait_until(lambda: client.acknowledged(0) > 20, what="writes")
    client.finish()
    assert {line["node"] for line in client.said if line["action"] == "adopted"} == {0}
    assert client.acknowledged(1) == 0


def test_end_of_input_ends_it_at_once(lab: Lab) -> None:
    """When whoever drives it is gone, the client ends by itself; what was in flight is unknown."""
    lab.stand_up()
    client = lab.client(lab.spec())
    lab.wait_until(lambda: client.acknowledged() > 20, what="writes")
    lab.servers.signal("data-0", signal.SIGSTOP)
    lab.wait_until(lambda: len(client.operations()) > client.acknowledged(), what="a write in flight")
    assert client.process.stdin is not None
    client.process.stdin.close()
    assert client.process.wait(20) == 0
    assert ERROR_CODES["stopped in flight"] in client.errors(UNKNOWN)
    lab.wait_until(lambda: client.has_said("ended"), what="its last word")
    assert client.said[-1]["detail"] == "end of input"


def test_history_survives_a_kill(lab: Lab) -> None:
    """A client killed in the middle of its load leaves a readable history in which everything acknowledged is true."""
    lab.stand_up()
    client = lab.client(lab.spec(rate_per_s=0, connections=8, pipeline=16))
    lab.wait_until(lambda: client.acknowledged() > 70_000, what="more than a chunk of writes")
    os.kill(client.process.pid, signal.SIGKILL)
    client.process.wait()
    operations = client.operations()
    reader = NodeReader(*lab.servers.data(0))
    found = reader.found("jsquared:", 1, len(operations), 64)
    reader.close()
    assert (found[operations.outcome == OK] == PRESENT).all()
    assert len(operations) - int((operations.outcome == OK).sum()) <= 8 * 16 + 1
