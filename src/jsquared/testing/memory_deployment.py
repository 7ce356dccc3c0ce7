"""A Sentinel deployment in a memory sandbox, with its clients: enough of it for a whole trial with one failover.

The Sentinels agree at once and make no mistakes: who has listened nowhere for ``down-after-milliseconds`` is down, the first living replica
takes its place, and a primary that comes back becomes a replica. Clients are the lab's own, in a thread each.
"""

import contextlib
import os
import threading
import time
from functools import partial
from typing import Any

from jsquared.errors import JSquaredError
from jsquared.sandbox.link import Endpoint
from jsquared.testing.memory_process import MemoryProcess, Program
from jsquared.testing.memory_sandbox import MemorySandbox, Place
from jsquared.testing.memory_servers import Client, DataServer, MemoryServer, ServerLoop, packed_reply
from jsquared.workload.client import Client as WorkloadClient
from jsquared.workload.client import read_spec
from jsquared.workload.workload import COMMAND

ENGINE = "/memory/bin/engine"


class SentinelServer(MemoryServer):
    """A Sentinel: it says what the deployment has decided."""

    def __init__(self, process: MemoryProcess, deployment: "MemoryDeployment") -> None:
        super().__init__(process, deployment.sandbox, deployment.loop)
        _, self.master, host, port, _ = self.setting("sentinel").split()
        self.named: Place = (host, int(port))
        self.voted = "*"
        self.subscribers: list[Client] = []
        self._deployment = deployment
        self.commands |= {
            "SENTINEL": lambda _, words: self._sentinel(words),
            "PSUBSCRIBE": self._subscribe,
            "INFO": lambda *_: f"run_id:{self.run_id}\r\n",
        }

    def tell(self, event: str, payload: str) -> None:
        """Log an event, and tell it to all who listen."""
        self.log(f"{event} {payload}")
        for client in self.subscribers:
            client.send(packed_reply(["pmessage", "*", event, payload]))

    def vote(self, leader: "SentinelServer", epoch: int) -> None:
        """Vote for a leader, and keep that for the next start."""
        self.voted = leader.run_id
        text = f"{self.conf}sentinel current-epoch {epoch}\nsentinel leader-epoch {self.master} {epoch}\n"
        self.folder.write_text(f"{self.name}.conf", text)
        self.tell("+new-epoch", str(epoch))
        self.tell("+vote-for-leader", f"{leader.run_id} {epoch}")

    def _subscribe(self, client: Client, _: list[str]) -> list[Any]:
        self.subscribers.append(client)
        return ["psubscribe", "*", 1]

    def _sentinel(self, words: list[str]) -> Any:
        what = words[1].upper()
        if what == "GET-MASTER-ADDR-BY-NAME":
            return [self.named[0], str(self.named[1])]
        if what == "MYID":
            return self.run_id
        if what == "IS-MASTER-DOWN-BY-ADDR":
            return [0, self.voted, self._deployment.epoch]
        if what != "MASTER":
            return []
        others = len(self._deployment.sentinels()) - 1
        replicas = len(self._deployment.data_names) - 1
        view = {"name": self.master, "ip": self.named[0], "port": self.named[1], "flags": "master"}
        view |= {"num-slaves": replicas, "num-other-sentinels": others, "config-epoch": self._deployment.epoch}
        return [str(part) for pair in view.items() for part in pair]


class ClientProgram(Program):
    """The lab's own client, in a thread, connected by the sandbox."""

    def __init__(self, process: MemoryProcess, sandbox: MemorySandbox) -> None:
        super().__init__(process)
        self._dial = partial(sandbox.dial, Endpoint(process.host, "client"))
        self._orders, self._ear = os.pipe()
        self._words, self._mouth = os.pipe()
        self._lock = threading.Lock()
        self._code = 0

    def begin(self) -> None:
        """Run."""
        threading.Thread(target=self._live, name="memory-client", daemon=True).start()
        threading.Thread(target=self._pass_on, name="memory-client-words", daemon=True).start()

    def told(self, words: bytes) -> None:
        """Take orders."""
        with contextlib.suppress(OSError):
            os.write(self._ear, words)

    def end(self) -> None:
        """Hear no more orders, which ends it."""
        with self._lock:
            if self._ear >= 0:
                os.close(self._ear)
                self._ear = -1

    def _live(self) -> None:
        code = 0
        try:
            WorkloadClient(read_spec(self._orders), self._orders, self._mouth, self._dial).run()
        except JSquaredError as problem:
            self.process.log.append(str(problem))
            code = problem.exit_code
        os.close(self._orders)
        os.close(self._mouth)
        self._code = code

    def _pass_on(self) -> None:
        with os.fdopen(self._words, "rb") as words:
            for line in words:
                self.process.say(line)
        self.process.exit(self._code)


class MemoryDeployment:
    """The programs of a deployment, for a :class:`MemorySandbox`, and who is primary now."""

    def __init__(self, down_after_s: float) -> None:
        self.sandbox = MemorySandbox(
            {ENGINE: self._server, COMMAND[0]: lambda process: ClientProgram(process, self.sandbox)}
        )
        self.loop = ServerLoop()
        self.loop.look = self._look
        self.epoch = 0
        self.data_names: set[str] = set()
        self._kept: dict[str, dict[str, str]] = {}
        self._down_after_s = down_after_s
        self._primary = ""
        self._seen_s: dict[str, float] = {}

    def sentinels(self) -> list[SentinelServer]:
        """Those that run."""
        return [each for each in self.loop.servers.values() if isinstance(each, SentinelServer)]

    def close(self) -> None:
        """End everything."""
        self.sandbox.close()
        self.loop.close()

    def _server(self, process: MemoryProcess) -> MemoryServer:
        if "--sentinel" in process.argv:
            return SentinelServer(process, self)
        server = DataServer(process, self.sandbox, self.loop, self._kept)
        self.data_names.add(server.name)
        if not self._primary and server.follows is None:
            self._primary = server.name
        return server

    def _data(self) -> dict[str, DataServer]:
        return {name: each for name, each in self.loop.servers.items() if isinstance(each, DataServer)}

    def _look(self) -> None:
        """Fail over where it is time to, and let primaries that come back follow."""
        now, data = time.monotonic(), self._data()
        for name, server in data.items():
            if not server.process.is_stopped:
                self._seen_s[name] = now
        primary = data.get(self._primary)
        if primary is None or primary.process.is_stopped:
            if self.sentinels() and now - self._seen_s.get(self._primary, now) >= self._down_after_s:
                self._fail_over(data)
            return
        for server in data.values():
            if server is not primary and server.follows != primary.address:
                self._convert(server, primary)

    def _fail_over(self, data: dict[str, DataServer]) -> None:
        heir = next((each for each in data.values() if each.follows is not None and not each.process.is_stopped), None)
        if heir is None:
            return
        self.epoch += 1
        leader, *others = self.sentinels()
        old = leader.named
        master = f"{leader.master} {old[0]} {old[1]}"
        slave = f"slave {heir.address[0]}:{heir.address[1]} {heir.address[0]} {heir.address[1]} @ {master}"
        for sentinel in (leader, *others):
            sentinel.tell("+sdown", f"master {master}")
        leader.tell("+odown", f"master {master} #quorum {len(others) + 1}/{len(others) + 1}")
        for sentinel in (leader, *others):
            sentinel.vote(leader, self.epoch)
        for event in ("+try-failover", "+elected-leader", "+failover-state-select-slave"):
            leader.tell(event, f"master {master}")
        leader.tell("+selected-slave", slave)
        leader.tell("+failover-state-send-slaveof-noone", slave)
        heir.follow(None)
        leader.tell("+promoted-slave", slave)
        for other in data.values():
            if other is not heir and not other.process.is_stopped:
                other.follow(heir)
        leader.tell("+failover-end", f"master {master}")
        for sentinel in (leader, *others):
            sentinel.named = heir.address
            sentinel.tell("+switch-master", f"{master} {heir.address[0]} {heir.address[1]}")
        self._primary = heir.name

    def _convert(self, server: DataServer, primary: DataServer) -> None:
        server.follow(primary)
        for sentinel in self.sentinels()[:1]:
            where = f"{server.address[0]}:{server.address[1]} {server.address[0]} {server.address[1]}"
            sentinel.tell(
                "+convert-to-slave", f"slave {where} @ {sentinel.master} {primary.address[0]} {primary.address[1]}"
            )
