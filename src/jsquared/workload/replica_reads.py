"""Reads from replicas: how much older than what was acknowledged is what they give? Counted apart, for no level promises them anything.

As soon as a version of a key is acknowledged, the client asks for it at one of the other data nodes, in turn.
"""

import json
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from jsquared.clock import NS_PER_MS, now_ns
from jsquared.records.history import CHUNK_SLOTS, OK, HistoryWriter
from jsquared.records.models.catalogue import MODELS, call_of, series_of, slots_of
from jsquared.records.models.versions import Versions
from jsquared.resp.nonblocking import CLOSED_STATE, OPEN, Link, Network
from jsquared.resp.packing import auth_command, packed
from jsquared.workload.reporter import Reporter
from jsquared.workload.workload import ClientSpec

KIND = next(number for number, model in enumerate(MODELS) if model.name == Versions.name)


@dataclass
class ReadCounts:
    """Reads from one node: ``older`` reads lacked something acknowledged, ``most_behind_ms`` before they were asked for at most."""

    reads: int = 0
    refused: int = 0
    older: int = 0
    most_behind_ms: float = 0.0


class ReplicaLink(Link):
    """A connection to one data node for reads alone. What breaks or keeps silent is opened anew with the next read."""

    def __init__(self, reads: "ReplicaReads", network: Network, spec: ClientSpec, node: int) -> None:
        super().__init__(network, spec.nodes[node])
        self.node = node
        self._addresses = deque(dict.fromkeys([spec.nodes[node], *spec.elsewhere[node : node + 1]]))
        """Where it is, and where it may return."""
        self._reads = reads
        self.auth = auth_command(spec.username, spec.password, spec.words)
        self._timeout_ns = spec.operation_timeout_ms * NS_PER_MS
        self._introducing = 0
        self._asked: deque[tuple[int, int]] = deque()
        """The operations whose version was asked for, and when."""

    def ask(self, slot: int, command: bytes, now: int) -> None:
        """Ask for the version that an operation wrote; nothing is asked while the connection is being made."""
        since_ns = self._asked[0][1] if self._asked else self.opened_ns
        waits = bool(self._asked) or self.state != OPEN
        if self.state != CLOSED_STATE and waits and now - since_ns > self._timeout_ns:
            self.close()
            self.lost(None)
        if self.state == CLOSED_STATE:
            self.open(now)
        elif self.state == OPEN:
            self._asked.append((slot, now))
            self.send(command)

    def opened(self) -> None:
        """Introduce itself."""
        self._introducing = 1 if self.auth else 0
        if self.auth:
            self.send(self.auth)

    def received(self, data: bytes) -> None:
        """Match replies with what was asked."""
        for reply in self.replies(data):
            self._reply(reply)

    def _reply(self, reply: object) -> None:
        if self._introducing:
            self._introducing = 0
        elif self._asked:
            self._reads.judge(self.node, *self._asked.popleft(), reply)

    def lost(self, problem: OSError | None) -> None:  # noqa: ARG002 -- whatever the reason, what was asked has no answer
        """Nobody will answer; the next attempt goes to where the node may have returned."""
        self._asked.clear()
        self._addresses.rotate(-1)
        self.address = self._addresses[0]


class ReplicaReads:
    """Asks the nodes that are not the primary, in turn, and counts what they give."""

    def __init__(self, spec: ClientSpec, network: Network, history: HistoryWriter) -> None:
        self._history = history
        self._prefix = spec.key_prefix.encode()
        self._client = spec.number
        self._get = spec.words.get("GET", "GET")
        self._links = [ReplicaLink(self, network, spec, node) for node in range(len(spec.nodes))]
        self._turn = 0
        self.counts = [ReadCounts() for _ in spec.nodes]

    def log_in_with(self, auth: bytes) -> None:
        """Say this in AUTH from the next connections on."""
        for link in self._links:
            link.auth = auth

    def acknowledged(self, slots: Sequence[int], primary: int) -> None:
        """Operations were acknowledged: read the versions among them from another node than the primary."""
        others = [link for link in self._links if link.node != primary]
        for slot in slots:
            if others and self._get and slot % len(MODELS) == KIND:
                self._turn += 1
                link = others[self._turn % len(others)]
                link.ask(slot, packed(self._get, self._call_key(slot)), now_ns())

    def judge(self, node: int, slot: int, asked_ns: int, reply: object) -> None:
        """``reply`` is what the node gave for the key of that operation, whose version was acknowledged before it was asked for."""
        counts = self.counts[node]
        if isinstance(reply, Exception):
            counts.refused += 1
            return
        counts.reads += 1
        versions = slots_of(slot % len(MODELS), series_of(slot)[0])
        seen = next((at for at in reversed(versions) if str(reply).startswith(self._token(at))), -1)
        lacking = [at for at in versions if seen < at <= slot and self._outcome(at) == OK]
        if lacking:
            counts.older += 1
            behind_ms = (asked_ns - self._completed_ns(lacking[0])) / NS_PER_MS
            counts.most_behind_ms = max(counts.most_behind_ms, behind_ms)

    def report(self, reporter: Reporter) -> None:
        """Say what was counted, a line a node that was asked."""
        for node, counts in enumerate(self.counts):
            if counts != ReadCounts():
                rounded = replace(counts, most_behind_ms=round(counts.most_behind_ms, 1))
                reporter.say("replica-reads", node, json.dumps(asdict(rounded)))

    def close(self) -> None:
        """Close all links."""
        for link in self._links:
            link.close()

    def _call_key(self, slot: int) -> str:
        return call_of(self._prefix, self._client, slot).keys[0].decode()

    def _token(self, slot: int) -> str:
        return call_of(self._prefix, self._client, slot).token.decode()

    def _outcome(self, slot: int) -> int:
        return int(self._history.chunk(slot).outcome[slot % CHUNK_SLOTS])

    def _completed_ns(self, slot: int) -> int:
        return int(self._history.chunk(slot).completed_ns[slot % CHUNK_SLOTS])
