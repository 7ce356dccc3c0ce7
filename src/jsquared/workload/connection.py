"""A connection to a data node: batches of writes in flight, and what their replies prove.

The reply to a SET is the server's word for that write; a WAIT or WAITAOF on the same connection covers the writes before it.
An error reply to the SET itself is a certain failure, and so is a write that never left; everything else that is not an
acknowledgement is unknown. Nothing is ever sent twice.
"""

import re
from collections import deque
from collections.abc import Callable
from typing import ClassVar, Protocol

import hiredis

from jsquared.clock import now_ns
from jsquared.records.history import ERROR_CODES
from jsquared.resp.nonblocking import CLOSED_STATE, OPEN, Link, Network
from jsquared.resp.poller import READABLE
from jsquared.workload.commands import OK_REPLY, Commands
from jsquared.workload.recorder import Recorder, chunk_end
from jsquared.workload.workload import ClientSpec

WRITE, AUTH, ROLE, OPERATION, WHO = range(5)
_CONFIG_FILE = re.compile(r"^config_file:.*?([^/\r\n]+)\.conf\r?$", re.MULTILINE)
PRIMARY_WORDS = ("master", "primary")
TIMEOUT = ERROR_CODES["timeout"]
CONNECTION_LOST = ERROR_CODES["connection lost"]
STOPPED = ERROR_CODES["stopped in flight"]
SHORTFALL = ERROR_CODES["too few replicas acknowledged"]
OTHER_ERROR = ERROR_CODES["other error reply"]
SERVER_WORDS = {name: code for name, code in ERROR_CODES.items() if name.isupper()}

# How much may be in flight on one connection. Beyond it writes wait in the client, where their failure is certain.
BATCH_SLOTS = 256
IN_FLIGHT_SLOTS = 1024


class Exchange:
    """A request in flight: a batch of writes (with the wait that covers it), AUTH, ROLE, or who it is."""

    __slots__ = ("errors", "got", "kind", "oks", "sent_ns", "slots")

    def __init__(self, kind: int, slots: range, sent_ns: int) -> None:
        self.kind = kind
        self.slots = slots
        self.sent_ns = sent_ns
        self.got = 0
        self.oks = OK_REPLY * len(slots)
        self.errors: dict[int, int] | None = None


class Owner(Protocol):
    """Receives what a connection learns."""

    def met(self, connection: "DataConnection", node: int) -> None:
        """Which node is at the other end, where the address does not say it."""
        ...

    def role_known(self, connection: "DataConnection", primary: bool, detail: str) -> None:
        """The answer to ROLE."""
        ...

    def write_refused(self, error: int) -> None:
        """A write or a wait got an error reply."""
        ...

    def fell_short(self, detail: str) -> None:
        """Too few replicas acknowledged."""
        ...

    def connection_lost(self, error: int, detail: str) -> None:
        """The connection is closed; its writes are settled."""
        ...

    def room(self, connection: "DataConnection", now: int) -> None:
        """Replies came: the connection can take more writes."""
        ...


def error_code(reply: Exception) -> int:
    """The history's code for a server's error reply, by its first word."""
    return SERVER_WORDS.get(str(reply).split(" ", 1)[0], OTHER_ERROR)


def continues(slots: range, more: range) -> bool:
    """True if two ranges of slots are one: the same step, no gap, and the same chunk of the history."""
    return slots.step == more.step and slots[-1] + slots.step == more.start and more.start < chunk_end(slots.start)


class DataConnection(Link):
    """One connection to data node ``node``. ``ready``: the node said on it that it is the primary, and nothing contradicts."""

    KIND: ClassVar[int] = WRITE
    """What its batches are in flight as."""
    LEAST_BYTES: ClassVar[int] = len(OK_REPLY) + len(b":1\r\n")
    """The shortest replies to a write and to the wait that covers it: fewer bytes settle nothing."""

    def __init__(
        self, spec: ClientSpec, network: Network, node: int, recorder: Recorder, commands: Commands, owner: Owner
    ) -> None:
        super().__init__(network, spec.nodes[node])
        self.node = node
        self.ready = False
        self.short = False
        """Whether it goes the short way (:mod:`jsquared.workload.fast_path`) since it was opened."""
        self.queue: deque[range] = deque()
        self.in_flight: deque[Exchange] = deque()
        self._in_flight_slots = 0
        self._spec = spec
        self._waits = spec.ack_mode != "async"
        # Behind a WAIT the server reads nothing more, so what is sent after it waits too: no more than fits in half the timeout.
        self._batches = (
            max(1, spec.operation_timeout_ms // (2 * spec.wait_timeout_ms)) if self._waits else IN_FLIGHT_SLOTS
        )
        self._recorder = recorder
        self._commands = commands
        self._owner = owner

    # -- asking who it is

    def opened(self) -> None:
        """Authenticate and ask for the role; first, at a floating address, who it is."""
        if self._commands.auth:
            self.in_flight.append(Exchange(AUTH, range(0), now_ns()))
            self.send(self._commands.auth)
        if self.address in self._spec.floating:
            self.in_flight.append(Exchange(WHO, range(0), now_ns()))
            self.send(self._commands.who)
        self.check_role()

    def handle_readable(self, handler: Callable[[int], None]) -> None:
        """Let another function handle readability until the connection is closed."""
        self.on_readable = handler
        if not self.unsent:
            self.network.poller.handlers[self.descriptor] = handler

    def check_role(self) -> None:
        """Ask whether it is the primary, unless that question is under way."""
        if not any(exchange.kind == ROLE for exchange in self.in_flight):
            self.wake_from(1)
            self.in_flight.append(Exchange(ROLE, range(0), now_ns()))
            self.send(self._commands.role)

    # -- sending

    def enqueue(self, slots: range, now: int) -> None:
        """Send writes now, or as soon as there is room."""
        queue = self.queue
        if queue and continues(queue[-1], slots):
            queue[-1] = range(queue[-1].start, slots.stop, slots.step)
        else:
            queue.append(slots)
        self.pump(now)

    def pump(self, now: int) -> None:
        """Send queued writes while there is room."""
        while self.queue and self.has_room():
            slots = self.queue.popleft()
            if len(slots) > BATCH_SLOTS:
                self.queue.appendleft(slots[BATCH_SLOTS:])
                slots = slots[:BATCH_SLOTS]
            self._recorder.invoke(slots, now, self.node)
            self.transmit(slots, now)

    def has_room(self) -> bool:
        """True if another batch may go out."""
        return (
            self.ready
            and not self.unsent
            and self._in_flight_slots < IN_FLIGHT_SLOTS
            and len(self.in_flight) < self._batches
        )

    @property
    def writing(self) -> bool:
        """True if writes are in flight or wait to be sent."""
        return self._in_flight_slots > 0 or bool(self.queue)

    def transmit(self, slots: range, now: int) -> None:
        """Send a batch that is recorded as invoked already."""
        self.in_flight.append(Exchange(self.KIND, slots, now))
        self._in_flight_slots += len(slots)
        self.send(self._commands.batch(slots))

    # -- replies

    def received(self, data: bytes) -> None:
        """Match replies with what is in flight. The usual case, nothing but OKs, is one comparison a batch."""
        now = now_ns()
        in_flight = self.in_flight
        while (
            in_flight and data and not (head := in_flight[0]).got and head.kind == WRITE and not self.reader.has_data()
        ):
            oks = head.oks
            if not data.startswith(oks):
                break
            data = data[len(oks) :]
            head.got = len(head.slots)
            if not self._waits:
                in_flight.popleft()
                self._in_flight_slots -= head.got
                self._recorder.acknowledge(head.slots, now, 0)
        if data:
            self._parse(data, now)
        if self._waits and self.state == OPEN:
            self.wake_from(1 if self.in_flight else self.LEAST_BYTES)  # the rest of a reply may be as short as it likes
        self._owner.room(self, now)

    def take_rest(self) -> None:
        """Read what has arrived, however little: an answer that came before a connection is given up still counts."""
        if self.least_bytes > 1 and self.state == OPEN:
            self.readable(READABLE)

    def _parse(self, data: bytes, now: int) -> None:
        for reply in self.replies(data):
            self._reply(reply, now)
        if not self._waits and self.in_flight and self.in_flight[0].got:
            self._settle_prefix(self.in_flight[0], now)

    def _reply(self, reply: object, now: int) -> None:
        if not self.in_flight:
            self.break_off(OSError(f"unasked reply {reply}"))
            return
        head = self.in_flight[0]
        if head.kind == AUTH:
            self.in_flight.popleft()
            if isinstance(reply, hiredis.ReplyError):
                self.break_off(OSError(f"AUTH refused: {reply}"))
        elif head.kind == WHO:
            self.in_flight.popleft()
            self._met(reply)
        elif head.kind == ROLE:
            self.in_flight.popleft()
            words = reply if isinstance(reply, list) and reply else [reply]
            self._owner.role_known(self, words[0] in PRIMARY_WORDS, str(words[0]))
        elif head.got < len(head.slots):
            self._write_reply(head, reply, now)
        else:
            self._wait_reply(head, reply, now)

    def _met(self, reply: object) -> None:
        """The server's own word for who it is: its configuration file is called as it is."""
        found = _CONFIG_FILE.search(reply) if isinstance(reply, str) else None
        if found is None or found[1] not in self._spec.names:
            self.break_off(OSError(f"the server at {self.address[0]} does not say which one it is"))
            return
        self.node = self._spec.names.index(found[1])
        self._owner.met(self, self.node)

    def _write_reply(self, head: Exchange, reply: object, now: int) -> None:
        slot = head.slots[head.got]
        head.got += 1
        if reply != "OK":
            code = error_code(reply) if isinstance(reply, hiredis.ReplyError) else OTHER_ERROR
            head.errors = head.errors or {}
            head.errors[slot] = code
            self._recorder.fail(range(slot, slot + 1), now, code)
            self._owner.write_refused(code)
        self._settle_if_whole(head, now)

    def _settle_if_whole(self, head: Exchange, now: int) -> None:
        if head.got == len(head.slots) and not self._waits:
            self._finish(head)
            self._acknowledge(head, now, 0)

    def _wait_reply(self, head: Exchange, reply: object, now: int) -> None:
        self._finish(head)
        if isinstance(reply, hiredis.ReplyError):
            code = error_code(reply)
            self._doubt(head, now, code)
            self._owner.write_refused(code)
            return
        local, replicas = self._counts(reply)
        if replicas >= self._spec.ack_replicas and local >= self._spec.ack_local:
            self._acknowledge(head, now, replicas)
        elif self._remaining(head):
            self._doubt(head, now, SHORTFALL, replicas)
            self._owner.fell_short(f"{replicas} of {self._spec.ack_replicas} replicas")

    def _counts(self, reply: object) -> tuple[int, int]:
        """Local and replica acknowledgements; WAIT says nothing of local ones and WAITAOF gives both."""
        if isinstance(reply, list) and len(reply) == 2:
            return (reply[0], reply[1]) if isinstance(reply[0], int) and isinstance(reply[1], int) else (0, 0)
        return 0, reply if isinstance(reply, int) else 0

    def _finish(self, head: Exchange) -> None:
        self.in_flight.popleft()
        self._in_flight_slots -= len(head.slots)

    def _settle_prefix(self, head: Exchange, now: int) -> None:
        """Acknowledge at once what was replied to in a batch whose other replies are still to come."""
        done, rest = head.slots[: head.got], head.slots[head.got :]
        head.slots = done
        self._acknowledge(head, now, 0)
        self._in_flight_slots -= len(done)
        head.slots, head.got, head.errors, head.oks = rest, 0, None, OK_REPLY * len(rest)

    # -- outcomes

    def _remaining(self, head: Exchange) -> list[range]:
        """The batch without the writes that failed for certain."""
        if not head.errors:
            return [head.slots]
        return [range(slot, slot + 1) for slot in head.slots if slot not in head.errors]

    def _acknowledge(self, head: Exchange, now: int, replicas: int) -> None:
        for slots in self._remaining(head):
            self._recorder.acknowledge(slots, now, replicas)

    def _doubt(self, head: Exchange, now: int, error: int, replicas: int = 0) -> None:
        for slots in self._remaining(head):
            self._recorder.doubt(slots, now, error, replicas)

    def fail_queue(self, error: int, now: int) -> None:
        """Fail the queued writes: they were never sent, so they have certainly not been applied."""
        while self.queue:
            self._recorder.fail(self.queue.popleft(), now, error)

    def expired(self, deadline_ns: int) -> bool:
        """True if it has waited since before ``deadline_ns`` for a reply or for the connection."""
        if self.state == OPEN:
            return bool(self.in_flight) and self.in_flight[0].sent_ns < deadline_ns
        return self.state != CLOSED_STATE and self.opened_ns < deadline_ns

    def give_up(self, error: int, now: int) -> None:
        """Close; what is in flight becomes unknown and what is queued fails."""
        self.close()
        self.ready = False
        self.short = False
        self.on_readable = self.readable
        for head in self.in_flight:
            self._doubt(head, now, error)
        self.in_flight.clear()
        self._in_flight_slots = 0
        self.fail_queue(error, now)

    def lost(self, problem: OSError | None) -> None:
        """Settle everything and tell the owner."""
        error = TIMEOUT if isinstance(problem, TimeoutError) else CONNECTION_LOST
        self.give_up(error, now_ns())
        self._owner.connection_lost(error, str(problem or "closed by the server"))
