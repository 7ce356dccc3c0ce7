"""Operations with a model: a small stream beside a client's unique writes, on one connection of its own.

One connection, so the order in which operations are invoked is the order on the wire. What each one is follows from its number
(:mod:`jsquared.records.models.catalogue`). Whom the connection goes to, how operations are covered by WAIT, and what a lost connection
means is exactly as for unique writes.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

import hiredis

from jsquared.records.history import ERROR_CODES, FAIL, OK, HistoryWriter
from jsquared.records.models.catalogue import MODELS, call_of, model_of
from jsquared.records.models.kept_replies import kept, spoken
from jsquared.records.models.model import SERIES, Words
from jsquared.resp.nonblocking import Network
from jsquared.resp.packing import auth_command
from jsquared.workload.commands import Commands, wait_command
from jsquared.workload.connection import OPERATION, DataConnection, Exchange
from jsquared.workload.due_times import OpenLoop
from jsquared.workload.operation_replies import proof_of
from jsquared.workload.own_reads import OwnReads
from jsquared.workload.primary import Primary
from jsquared.workload.recorder import Recorder
from jsquared.workload.replica_reads import ReplicaReads
from jsquared.workload.reporter import Mute, Reporter
from jsquared.workload.sentinels import Sentinels
from jsquared.workload.workload import ClientSpec

READ = "GET"
ROUND = len(MODELS) * SERIES
"""After so many operations the same commands come again, with other keys and values."""
NOT_AVAILABLE = ERROR_CODES["not available here"]


class OperationCommands(Commands):
    """The bytes of operations, and of the wait that covers them."""

    def __init__(
        self, spec: ClientSpec, reads: OwnReads | None = None, replica_reads: ReplicaReads | None = None
    ) -> None:
        """:param reads: judges the reads; None: they are not judged.

        :param replica_reads: reads it from other nodes once it is acknowledged; None: it is not read there.
        """
        self.reads = reads
        self.replica_reads = replica_reads
        auth = auth_command(spec.username, spec.password, spec.words)
        self._wait_bytes = wait_command(spec)
        super().__init__(
            spec.key_prefix, spec.number, spec.value_bytes, wait=self._wait_bytes, auth=auth, words=spec.words
        )
        self._prefix = spec.key_prefix.encode()
        self._client = spec.number
        self._names = spec.words
        self._commands_of = [self._plain_words(slot) for slot in range(ROUND)]

    def words(self, slot: int) -> tuple[Words, ...]:
        """The commands of an operation, by the names that they have there."""
        commands = model_of(slot).commands(call_of(self._prefix, self._client, slot, self._names))
        return tuple((self._named(command[0]), *command[1:]) for command in commands)

    def _named(self, command: bytes | int) -> bytes:
        assert isinstance(command, bytes)
        return self._names.get(command.decode(), "").encode() or command

    def replies(self, slot: int) -> int:
        """How many replies an operation has: one for each of its commands."""
        return len(self.commands_of(slot))

    def commands_of(self, slot: int) -> tuple[str, ...]:
        """The names of an operation's commands, as Redis knows them."""
        return self._commands_of[slot % ROUND]

    def _plain_words(self, slot: int) -> tuple[str, ...]:
        commands = model_of(slot).commands(call_of(self._prefix, self._client, slot))
        return tuple(str(words[0], "ascii") for words in commands if isinstance(words[0], bytes))

    def batch(self, slots: range) -> bytes:
        """Every operation's commands, then the wait (nothing in mode async)."""
        commands = [hiredis.pack_command(words) for slot in slots for words in self.words(slot)]  # type: ignore[arg-type]  # its stub wants one word
        return b"".join(commands) + self._wait_bytes

    def taken_away(self) -> set[str]:
        """The kinds that need a command which the server's configuration takes away."""
        gone = {command for command, name in self._names.items() if not name}
        return {model.name for model in MODELS if gone.intersection(model.needs)}


class OperationConnection(DataConnection):
    """The connection of a client's operations. A kind that the server does not let it have is not asked for again on it."""

    KIND: ClassVar[int] = OPERATION
    LEAST_BYTES: ClassVar[int] = 2 * len(b":1\r\n")
    _unavailable: set[str] | None = None

    def opened(self) -> None:
        """Introduce itself; what this server refused on an earlier connection is still known."""
        self._replies: list[object] = []
        if self._unavailable is None:
            self._unavailable = self._operations.taken_away()
        super().opened()

    @property
    def _operations(self) -> OperationCommands:
        assert isinstance(self._commands, OperationCommands)
        return self._commands

    def enqueue(self, slots: range, now: int) -> None:
        """Send operations now, or as soon as there is room; those of a kind that is not available fail at once."""
        for slot in slots:
            one = range(slot, slot + 1)
            if model_of(slot).name in (self._unavailable or ()):
                self._recorder.fail(one, now, NOT_AVAILABLE)
            else:
                super().enqueue(one, now)

    def _write_reply(self, head: Exchange, reply: object, now: int) -> None:
        """Gather the replies to an operation; with the last one it is known what became of it."""
        slot = head.slots[head.got]
        self._replies.append(reply)
        if len(self._replies) == self._operations.replies(slot):
            replies, self._replies = self._replies, []
            head.got += 1
            self._read(slot, replies)
            self._proven(head, slot, replies, now)
            self._settle_if_whole(head, now)
            self._require_database(slot, replies)

    def _read(self, slot: int, replies: list[object]) -> None:
        commands = self._operations.commands_of(slot)
        reads = self._operations.reads
        if reads is not None and READ in commands:
            reads.judge(slot, replies[commands.index(READ)], self.node)

    def _proven(self, head: Exchange, slot: int, replies: list[object], now: int) -> None:
        commands = self._operations.commands_of(slot)
        proof = proof_of(replies, commands)
        if proof.outcome == OK:
            self._recorder.replied(slot, *kept(spoken(replies, commands)))
            return
        head.errors = head.errors or {}
        head.errors[slot] = proof.error
        record = self._recorder.fail if proof.outcome == FAIL else self._recorder.doubt
        record(range(slot, slot + 1), now, proof.error)
        if proof.available:
            self._owner.write_refused(proof.error)
        else:
            self._unavailable = {*(self._unavailable or ()), model_of(slot).name}

    def _acknowledge(self, head: Exchange, now: int, replicas: int) -> None:
        super()._acknowledge(head, now, replicas)
        elsewhere = self._operations.replica_reads
        if elsewhere is not None:
            for slots in self._remaining(head):
                elsewhere.acknowledged(slots, self.node)

    def _require_database(self, slot: int, replies: list[object]) -> None:
        """If a SELECT was refused, the connection's database is unknown: a new one begins in the first."""
        commands = model_of(slot).needs
        if "SELECT" in commands and any(isinstance(reply, hiredis.ReplyError) for reply in replies):
            self.break_off(OSError("a SELECT was refused"))


class OperationStream:
    """The operations of a client: when they are due, whom they go to, and their history."""

    def __init__(self, spec: ClientSpec, network: Network, history: HistoryWriter, reporter: Reporter) -> None:
        self.history = history
        recorder = Recorder(history)
        single = replace(spec, connections=1)
        reads = OwnReads(history, reporter, spec.key_prefix.encode(), spec.number)
        self.elsewhere = ReplicaReads(single, network, history)
        self._commands = commands = OperationCommands(single, reads, self.elsewhere)
        self.primary = Primary(single, network, recorder, commands, Mute(), OperationConnection)
        self.load = OpenLoop(spec.operations_per_s, recorder, self.primary)
        self.primary.room = self.load.room

    def log_in_with(self, auth: bytes) -> None:
        """Say this in AUTH from the next connections on."""
        self._commands.auth = auth
        self.elsewhere.log_in_with(auth)

    def ask(self, sentinels: Sentinels, first: Callable[[], bool]) -> None:
        """Let the Sentinels that the client asks tell its connection too whom to go to.

        :param first: whether the connections of unique writes want to know.
        """
        primary = self.primary
        sentinels.listen(primary.named, lambda: primary.doubt_ns, lambda: primary.wants_answer, first=first)

    def advance(self, now: int) -> int:
        """Give what is due; returns when the next is due."""
        if now >= self.load.due_ns:
            self.load.advance(now)
        return self.load.due_ns
