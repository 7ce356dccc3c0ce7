"""A client in this process, turned by the test, against servers that say what they are told."""

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jsquared.records.history import OK
from jsquared.records.operations import Operations, read_live
from jsquared.testing.scripted_server import ScriptedServer
from jsquared.workload.client import Client
from jsquared.workload.workload import ClientSpec, SentinelAddress

LIMIT_S = 20


class Lab:
    """Scripted servers, the specification of a client for them, and that client once :meth:`start` made it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.nodes: list[ScriptedServer] = []
        self.sentinels: list[ScriptedServer] = []
        self.client: Client | None = None
        self.orders = self.said_by = -1
        self._pipes: list[int] = []
        self._output = b""

    def serve(self, nodes: int = 1, sentinels: int = 1, **options: Any) -> None:
        """Start servers; every Sentinel names the first node."""
        self.nodes = [ScriptedServer(**options) for _ in range(nodes)]
        self.sentinels = [ScriptedServer(**options) for _ in range(sentinels)]
        self.name(0)

    def name(self, node: int) -> None:
        """Let every Sentinel name this node."""
        for sentinel in self.sentinels:
            sentinel.named = self.nodes[node].address

    def spec(self, **changes: Any) -> ClientSpec:
        """A specification for these servers."""
        where = [sentinel.address for sentinel in self.sentinels]
        spec = ClientSpec(
            name="client-1",
            number=1,
            sentinels=tuple(SentinelAddress(address=address, port=port) for address, port in where),
            majority=len(where) // 2 + 1,
            master_name="mymaster",
            nodes=tuple(node.address for node in self.nodes),
            history=str(self.folder / "client-1.ops"),
            rate_per_s=1000,
            connections=2,
            operation_timeout_ms=400,
            wait_timeout_ms=100,
            max_run_ms=60_000,
        )
        return replace(spec, **changes)

    def start(self, **changes: Any) -> Client:
        """Make the client."""
        orders, self.orders = os.pipe()
        self.said_by, output = os.pipe()
        os.set_blocking(self.said_by, False)
        self._pipes = [orders, self.said_by, output]
        self.client = Client(self.spec(**changes), orders, output)
        self.client.listen()
        return self.client

    def begin(self, **changes: Any) -> Client:
        """Make the client, wait until it is ready and let it write."""
        client = self.start(**changes)
        self.until(lambda: self.has_said("ready"), "ready")
        self.order("go")
        return client

    def order(self, word: str) -> None:
        """One line on its stdin."""
        os.write(self.orders, word.encode() + b"\n")

    def close_orders(self) -> None:
        """The end of its stdin."""
        if self.orders >= 0:
            os.close(self.orders)
            self.orders = -1

    def until(self, condition: Callable[[], object], what: str = "the condition") -> None:
        """Turn the client until a condition holds."""
        assert self.client is not None
        deadline = time.monotonic() + LIMIT_S
        while not condition():
            if time.monotonic() > deadline:
                pytest.fail(f"{what}: not within {LIMIT_S} s; it said {self.said()}")
            self.client.turn()

    def finish(self) -> Operations:
        """Order it to stop, turn it until it ends, and give what it recorded."""
        assert self.client is not None
        self.order("stop")
        client = self.client
        self.until(lambda: client.ended, "its end")
        return self.operations()

    def said(self) -> list[dict[str, Any]]:
        """What it said so far, as records."""
        try:
            while data := os.read(self.said_by, 65536):
                self._output += data
        except BlockingIOError:
            pass
        return [json.loads(line) for line in self._output.splitlines()]

    def actions(self) -> list[str]:
        """The actions it said so far."""
        return [line["action"] for line in self.said()]

    def has_said(self, action: str) -> bool:
        """Whether it said this."""
        return action in self.actions()

    def operations(self) -> Operations:
        """What it recorded so far."""
        return read_live(self.folder / "client-1.ops", 0)

    def errors(self, outcome: int) -> set[int]:
        """The error codes of the operations with an outcome."""
        operations = self.operations()
        return set(operations.error[operations.outcome == outcome].tolist())

    def acknowledged(self, node: int = 0) -> int:
        """How many writes a node has acknowledged."""
        operations = self.operations()
        return int(((operations.outcome == OK) & (operations.node == node)).sum())

    def count(self, outcome: int) -> int:
        """How many operations have an outcome."""
        return int((self.operations().outcome == outcome).sum())

    def close(self) -> None:
        """End everything."""
        if self.client is not None:
            self.client.end("test")
            self.client.close()
            self.close_orders()
        for descriptor in self._pipes:
            os.close(descriptor)
        for server in [*self.nodes, *self.sentinels]:
            server.close()


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """An empty lab."""
    lab = Lab(tmp_path)
    yield lab
    lab.close()
