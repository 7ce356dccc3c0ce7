"""One client process: ``python -m jsquared.workload.client SPEC.json``.

An honest client (see docs/concepts/honest-client.md): it believes a primary only when a majority of the Sentinels names it and it
says so itself; after any failure it asks again; it never retries a write; and what it cannot know it records as unknown.
"""

import json
import os
import signal
import sys
from array import array
from pathlib import Path
from typing import TYPE_CHECKING

import hiredis

from jsquared.clock import now_ns
from jsquared.errors import JSquaredError
from jsquared.records.history import ERROR_CODES, HistoryWriter
from jsquared.workload.commands import Commands
from jsquared.workload.data_link import Acknowledgement, DataLink
from jsquared.workload.link import Network
from jsquared.workload.poller import CLOSED, READABLE, Poller
from jsquared.workload.recorder import Recorder, chunk_end
from jsquared.workload.sentinels import Sentinels, Where
from jsquared.workload.workload import ClientSpec

if TYPE_CHECKING:
    import ssl

ASK_EVERY_NS = 100_000_000
CONNECT_LIMIT_NS = 300_000_000
IDLE_NS = 50_000_000
SAY_LIMIT_PER_S = 50


class Client:
    """The state of one client between its first question and its last reply."""

    def __init__(self, spec: ClientSpec) -> None:
        self.spec = spec
        self.poller = Poller()
        self._network = Network(self.poller, spec.source_address, _tls(spec))
        self._history = HistoryWriter(Path(spec.history), spec.number)
        self._recorder = Recorder(self._history)
        self._sentinels = Sentinels(self._network, spec.sentinels, spec.master_name, spec.majority, self._named)
        self._nodes = {node: number for number, node in enumerate(spec.nodes)}
        self._commands = Commands(spec.key_prefix, spec.number, spec.value_bytes, wait_command(spec))
        self._wait = Acknowledgement(spec.ack_mode, spec.ack_replicas, spec.ack_local)
        self._primary: Where | None = None
        self._links: list[DataLink] = []
        self._asking = True
        self._next_ask_ns = 0
        self._connected_at_ns = 0
        self._said: tuple[int, int] = (0, 0)
        self._was_ready = False
        self._next_slot = 0
        self._next_link = 0
        self._began_ns = 0
        self._stop_by_ns = 0
        self._end_by_ns = now_ns() + spec.max_run_ms * 1_000_000
        self._finished = False

    # -- what the owner says

    def begin(self) -> None:
        """Write from now on."""
        self._began_ns = self._began_ns or now_ns()

    def stop(self) -> None:
        """Intend no more writes; end when everything in flight has ended, at the latest after the operation timeout."""
        self._stop_by_ns = self._stop_by_ns or now_ns() + self.spec.operation_timeout_ms * 1_000_000

    def end(self) -> None:
        """End now."""
        self._finished = True

    # -- the loop

    def run(self) -> None:
        """Until stopped, ended, or out of time."""
        try:
            while not self._finished:
                self._turn(now_ns())
        finally:
            for link in self._links:
                link.abandon("stopped in flight")
            self._sentinels.close()
            self.poller.close()
            self._history.close()

    def _turn(self, now: int) -> None:
        self._watch_connections(now)
        if self._asking and now >= self._next_ask_ns:
            self._next_ask_ns = now + ASK_EVERY_NS
            self._sentinels.ask(now)
        wake = self._write_due(now) if self._began_ns and not self._stop_by_ns else now + IDLE_NS
        if self._stop_by_ns and (now >= self._stop_by_ns or all(link.idle for link in self._links)):
            self._finished = True
        if now >= self._end_by_ns:
            self._finished = True
        if self._asking:
            wake = min(wake, self._next_ask_ns)
        self.poller.run(0 if self._finished else max(0, wake - now_ns()))

    def _watch_connections(self, now: int) -> None:
        for link in self._links:
            if link.overdue(now):
                link.abandon("timeout")
                self._lost(link, "timeout")
            elif not link.ready and not link.closed and now - link.opened_ns > CONNECT_LIMIT_NS:
                link.abandon("timeout")
                self._lost(link, "no answer to the first question")

    # -- writing

    def _write_due(self, now: int) -> int:
        """Send what is due; gives the time at which the next write is."""
        if not self.spec.rate_per_s:
            return self._write_closed_loop(now)
        period = 1_000_000_000 / self.spec.rate_per_s
        due = int((now - self._began_ns) / period) + 1
        while self._next_slot < due:
            last = min(due, chunk_end(self._next_slot))
            slots = range(self._next_slot, last)
            self._recorder.intend(slots, array("q", [int(self._began_ns + slot * period) for slot in slots]))
            self._deal(slots, now)
            self._next_slot = last
        return int(self._began_ns + self._next_slot * period)

    def _deal(self, slots: range, now: int) -> None:
        """Share writes among the connections in turn; without any, they fail: they were certainly not applied."""
        ready = [link for link in self._links if link.ready]
        if not ready:
            self._recorder.fail(slots, now, ERROR_CODES["no primary known"])
            return
        count = min(len(ready), len(slots))
        for offset in range(count):
            link = ready[(self._next_link + offset) % len(ready)]
            link.write(slots[offset::count])
        self._next_link = (self._next_link + count) % len(ready)

    def _write_closed_loop(self, now: int) -> int:
        ready = [link for link in self._links if link.ready]
        for link in ready:
            if link.idle:
                last = min(self._next_slot + self.spec.pipeline, chunk_end(self._next_slot))
                link.write_at_once(range(self._next_slot, last))
                self._next_slot = last
        return now + IDLE_NS

    # -- who is primary

    def _named(self, where: Where | None) -> None:
        """The Sentinels have answered: follow what their majority names; a minority is not believed."""
        if where is None:
            return
        if where == self._primary and any(not link.closed for link in self._links):
            if all(link.ready for link in self._links):
                self._asking = False
            self._reconnect_closed()
            return
        if where != self._primary:
            self._say("adopted", self._nodes.get(where), "%s:%d" % where)
        self._adopt(where)

    def _adopt(self, where: Where) -> None:
        for link in self._links:
            link.abandon("connection lost")
        self._recorder.connected_to(-1)
        self._primary = where
        self._links = [self._new_link(where) for _ in range(self.spec.connections)]
        now = now_ns()
        for link in list(self._links):
            link.open(now)

    def _new_link(self, where: Where) -> DataLink:
        return DataLink(
            self._network,
            where,
            self._nodes.get(where, 255),
            commands=self._commands,
            recorder=self._recorder,
            wait=self._wait,
            credentials=(self.spec.username, self.spec.password),
            timeout_ns=self.spec.operation_timeout_ms * 1_000_000,
            clock=now_ns,
            heard=self._heard,
        )

    def _reconnect_closed(self) -> None:
        """Open again the connections that broke while others to the same primary stand."""
        now = now_ns()
        for link in self._links:
            if link.closed and now - link.opened_ns >= ASK_EVERY_NS:
                link.open(now)

    def _heard(self, link: DataLink, what: str, detail: str) -> None:
        if what == "ready":
            self._ready(link)
        elif what == "trouble":
            self._ask_soon()
            self._say("trouble", link.node, detail)
        else:
            self._lost(link, detail if what == "lost" else f"not primary: {detail}")

    def _ready(self, link: DataLink) -> None:
        if self._history.header[4] != link.node:
            self._recorder.connected_to(link.node)
            if self._was_ready:
                self._say("connected", link.node, "%s:%d" % link.address)
        if not self._was_ready:
            self._was_ready = True
            self._say("ready", link.node, "%s:%d" % link.address)

    def _lost(self, link: DataLink, detail: str) -> None:
        self._ask_soon()
        if all(other.closed for other in self._links) and self._history.header[4] != -1:
            self._recorder.connected_to(-1)
            self._say("disconnected", link.node, detail)

    def _ask_soon(self) -> None:
        if not self._asking:
            self._asking = True
            self._next_ask_ns = 0

    def _say(self, action: str, node: int | None, detail: str) -> None:
        """One line on stdout, at most fifty a second: a flood would say nothing more."""
        now = now_ns()
        second, count = self._said
        if second == now // 1_000_000_000 and count >= SAY_LIMIT_PER_S and action in ("trouble", "adopted"):
            return
        self._said = (now // 1_000_000_000, count + 1 if second == now // 1_000_000_000 else 1)
        line = {"t_ns": now, "action": action, "node": node, "detail": detail}
        os.write(1, json.dumps(line).encode() + b"\n")


def wait_command(spec: ClientSpec) -> bytes:
    """The bytes of WAIT or WAITAOF as the specification asks for it; empty in mode async."""
    if spec.ack_mode == "wait":
        return _packed("WAIT", spec.ack_replicas, spec.wait_timeout_ms)
    if spec.ack_mode == "waitaof":
        return _packed("WAITAOF", spec.ack_local, spec.ack_replicas, spec.wait_timeout_ms)
    return b""


def _packed(*words: str | int) -> bytes:
    return bytes(hiredis.pack_command(words))  # type: ignore[arg-type]  # its stub wants one word


def _tls(spec: ClientSpec) -> "ssl.SSLContext | None":
    if not spec.cafile:
        return None
    from jsquared.workload.tls import client_context  # noqa: PLC0415

    return client_context(spec.cafile, spec.certfile, spec.keyfile)


def obey(client: Client, descriptor: int) -> None:
    """Take orders from a pipe: ``go``, ``stop``, and its end, which ends the client."""
    buffer = bytearray()

    def read(_mask: int) -> None:
        data = os.read(descriptor, 4096)
        if not data:
            client.end()
            return
        buffer.extend(data)
        while (at := buffer.find(b"\n")) >= 0:
            word = bytes(buffer[:at])
            del buffer[: at + 1]
            {b"go": client.begin, b"stop": client.stop}.get(word, client.end)()

    client.poller.watch(descriptor, READABLE | CLOSED, read)


def main(arguments: list[str]) -> int:
    """Run the client that the file describes; one line on stderr and exit code 2 when it cannot be."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        path = Path(arguments[0])
        client = Client(ClientSpec.from_json(path.read_text(encoding="utf-8"), where=str(path)))
    except (JSquaredError, OSError, IndexError) as problem:
        print(f"error: {problem}", file=sys.stderr)  # noqa: T201
        return 2
    signal.signal(signal.SIGTERM, lambda *_: client.stop())
    obey(client, 0)
    client.run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
