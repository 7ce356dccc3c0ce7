"""One connection to a data node: asks ROLE once, then carries batches of writes and says how each ended.

A batch is a range of slots sent together, in wait modes with one WAIT behind them on the same connection, which is the only place where
WAIT means anything. Replies come in order, so what is in flight is a queue of batches.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import hiredis

from jsquared.records.history import ERROR_CODES, UNKNOWN
from jsquared.workload.commands import OK_REPLY, Commands
from jsquared.workload.link import CLOSED_STATE, OPEN, Link, Network, auth_command
from jsquared.workload.recorder import Recorder

ROLE = b"*1\r\n$4\r\nROLE\r\n"
IN_FLIGHT_LIMIT = 64
"""Batches in flight on a connection; more wait in its queue, where they have certainly not been applied."""


@dataclass
class Batch:
    """Writes sent together; ``due_ns`` is when their reply counts as missing."""

    slots: range
    due_ns: int


@dataclass(frozen=True)
class Acknowledgement:
    """What a wait must return. ``replicas`` and ``local`` are 0 where nothing is waited for."""

    mode: str
    replicas: int
    local: int

    def reached(self, reply: object) -> tuple[bool, int]:
        """Whether the reply to the wait is enough, and how many replicas it counted."""
        if self.mode == "wait":
            return isinstance(reply, int) and reply >= self.replicas, reply if isinstance(reply, int) else 0
        if isinstance(reply, list) and len(reply) == 2:
            return reply[0] >= self.local and reply[1] >= self.replicas, reply[1]
        return False, 0


class DataLink(Link):
    """A connection to a data node. Its owner hears of three things: ready, a failure worth re-asking for, gone."""

    def __init__(
        self,
        network: Network,
        address: tuple[str, int],
        node: int,
        *,
        commands: Commands,
        recorder: Recorder,
        wait: Acknowledgement,
        credentials: tuple[str, str],
        timeout_ns: int,
        clock: Callable[[], int],
        heard: Callable[["DataLink", str, str], None],
    ) -> None:
        """:param heard: called with this link, ``ready``, ``trouble``, ``not-primary`` or ``lost``, and a detail."""
        super().__init__(network, address)
        self.node = node
        self.ready = False
        self._commands = commands
        self._recorder = recorder
        self._wait = wait
        self._hello = auth_command(*credentials)
        self._timeout_ns = timeout_ns
        self._clock = clock
        self._heard = heard
        self._reader = hiredis.Reader()
        self._greetings = 0
        self._flight: deque[Batch] = deque()
        self._queue: deque[range] = deque()
        self._replies: list[object] = []

    # -- sending

    def write(self, slots: range) -> None:
        """Send writes now, or queue them behind what is in flight."""
        if len(self._flight) >= IN_FLIGHT_LIMIT or self._queue:
            self._queue.append(slots)
        else:
            self._send_batch(slots)

    def _send_batch(self, slots: range) -> None:
        now = self._clock()
        self._recorder.invoke(slots, now, self.node)
        self._flight.append(Batch(slots, now + self._timeout_ns))
        self.send(self._commands.batch(slots))

    def write_at_once(self, slots: range) -> None:
        """Send writes of a closed loop, whose intended time is now."""
        now = self._clock()
        self._recorder.invoke_at_once(slots, now, self.node)
        self._flight.append(Batch(slots, now + self._timeout_ns))
        self.send(self._commands.batch(slots))

    @property
    def idle(self) -> bool:
        """Whether nothing is in flight or queued."""
        return not self._flight and not self._queue

    # -- receiving

    def opened(self) -> None:
        """Ask what it is before trusting it."""
        self._reader = hiredis.Reader()
        self._greetings = 2 if self._hello else 1
        self.send(self._hello + ROLE)

    def received(self, data: bytes) -> None:
        """Replies: to the greeting, or to batches in order."""
        if self._wait.mode == "async" and self._all_ok(data):
            return
        self._reader.feed(data)
        while self.state == OPEN and (reply := self._reader.gets()) is not False:
            if self._greetings:
                self._greeted(reply)
            else:
                self._replied(reply)

    def _all_ok(self, data: bytes) -> bool:
        """The short way: exactly the replies of the oldest batches, all of them OK."""
        if self._greetings or self._replies or self._reader.has_data():
            return False
        done, left = 0, len(data)
        for batch in self._flight:
            if left <= 0:
                break
            left -= len(batch.slots) * len(OK_REPLY)
            done += 1
        if left != 0 or data != OK_REPLY * (len(data) // len(OK_REPLY)):
            return False
        now = self._clock()
        for _ in range(done):
            self._recorder.acknowledge(self._flight.popleft().slots, now, 0)
        self._refill()
        return True

    def _greeted(self, reply: object) -> None:
        self._greetings -= 1
        if isinstance(reply, hiredis.ReplyError):
            self.close()
            self._heard(self, "not-primary", str(reply))
        elif self._greetings == 0:
            role = reply[0] if isinstance(reply, list) and reply else b""
            if role in (b"master", b"primary"):
                self.ready = True
                self._heard(self, "ready", "")
            else:
                self.close()
                self._heard(self, "not-primary", f"it says that it is a {bytes(role).decode(errors='replace')}")

    def _replied(self, reply: object) -> None:
        if not self._flight:
            return
        self._replies.append(reply)
        slots = self._flight[0].slots
        if len(self._replies) < len(slots) + (self._wait.mode != "async"):
            return
        replies, self._replies = self._replies, []
        self._flight.popleft()
        self._settle(slots, replies)
        self._refill()

    def _settle(self, slots: range, replies: list[object]) -> None:
        now = self._clock()
        written = replies[: len(slots)]
        enough, replicas = True, 0
        if self._wait.mode != "async":
            enough, replicas = self._wait.reached(replies[-1])
        if enough and all(reply == b"OK" for reply in written):
            self._recorder.acknowledge(slots, now, replicas)
            return
        trouble = ""
        for slot, reply in zip(slots, written, strict=True):
            trouble = self._settle_one(range(slot, slot + 1), reply, enough, replicas, replies[-1], now) or trouble
        if trouble:
            self._heard(self, "trouble", trouble)

    def _settle_one(self, slot: range, reply: object, enough: bool, replicas: int, waited: object, now: int) -> str:
        if isinstance(reply, hiredis.ReplyError):
            word = str(reply).split(" ", 1)[0]
            self._recorder.fail(slot, now, ERROR_CODES.get(word, ERROR_CODES["other error reply"]))
            return str(reply)
        if enough:
            self._recorder.acknowledge(slot, now, replicas)
            return ""
        word = "UNBLOCKED" if "UNBLOCKED" in str(waited) else "too few replicas acknowledged"
        self._recorder.doubt(slot, now, UNKNOWN, ERROR_CODES[word], replicas)
        return f"{word} ({replicas})"

    def _refill(self) -> None:
        while self._queue and len(self._flight) < IN_FLIGHT_LIMIT and self.state == OPEN:
            self._send_batch(self._queue.popleft())

    # -- ending

    def overdue(self, now_ns: int) -> bool:
        """Whether the oldest batch has waited too long for its reply."""
        return bool(self._flight) and self._flight[0].due_ns <= now_ns

    def lost(self, problem: OSError | None) -> None:
        """The connection broke."""
        refused = isinstance(problem, ConnectionRefusedError) or not self.ready
        self.abandon("connection lost")
        self._heard(
            self, "lost", "connection refused" if refused and problem else str(problem or "closed by the server")
        )

    def abandon(self, why: str) -> None:
        """Close. What was sent is unknown from now on, for the reason given; what was only queued was never applied."""
        self.close()
        self.ready = False
        now = self._clock()
        for batch in self._flight:
            self._recorder.doubt(batch.slots, now, UNKNOWN, ERROR_CODES[why])
        for slots in self._queue:
            self._recorder.fail(slots, now, ERROR_CODES["no primary known"])
        self._flight.clear()
        self._queue.clear()
        self._replies.clear()

    @property
    def closed(self) -> bool:
        """Whether it is of no more use."""
        return self.state == CLOSED_STATE
