"""The connections to the primary that a client believes in: made, doubted, checked, replaced.

A node is written to after enough Sentinels named it and it said itself, on that very connection, that it is the primary. Any
failure makes the client ask again. Failures that say the node may be no primary any more (lost connection, timeout, READONLY, LOADING …)
also stop the writing until both have confirmed it; a shortfall of replicas, NOREPLICAS, MISCONF and OOM do not, because
they are a primary's own words: there the client leaves only when the Sentinels name another node.
"""

import errno
from collections.abc import Callable

from jsquared.clock import NS_PER_MS, now_ns
from jsquared.records.history import ERROR_CODES, ERROR_NAMES
from jsquared.resp.nonblocking import CLOSED_STATE, OPEN, Network
from jsquared.workload.commands import Commands
from jsquared.workload.connection import CONNECTION_LOST, DataConnection
from jsquared.workload.recorder import Recorder
from jsquared.workload.reporter import Reporter
from jsquared.workload.sentinels import Where
from jsquared.workload.workload import ClientSpec

NO_PRIMARY = ERROR_CODES["no primary known"]
REFUSED = ERROR_CODES["connection refused"]
KEEPS_CONNECTION = frozenset(ERROR_CODES[name] for name in ("NOREPLICAS", "MISCONF", "OOM"))


def ignore_room(connection: DataConnection, now: int) -> None:
    """Nothing is waiting to be written."""


class Primary:
    """The believed primary. ``ready`` holds the connections that writes may go to."""

    def __init__(
        self,
        spec: ClientSpec,
        network: Network,
        recorder: Recorder,
        commands: Commands,
        reporter: Reporter,
        make: type[DataConnection] = DataConnection,
    ) -> None:
        """:param make: what its connections are, where they are not for unique writes."""
        self._spec = spec
        self._network = network
        self._recorder = recorder
        self._commands = commands
        self._reporter = reporter
        self._make = make
        self.room: Callable[[DataConnection, int], None] = ignore_room
        """Told when replies came and a connection can take more writes; the load sets it."""
        self.node = -1
        self._where: Where = ("", 0)
        self.connections: list[DataConnection] = []
        self.ready: list[DataConnection] = []
        self.doubt_ns = 0
        """When there was last a reason to stop writing; older answers of Sentinels prove nothing."""
        self.wants_answer = True
        """Whether the Sentinels should be asked."""
        self._troubled = False
        self._acknowledged = 0
        self._unsent_error = NO_PRIMARY

    # -- what the Sentinels say

    def named(self, node: int, where: Where) -> None:
        """Enough Sentinels name this node: change to it, or repair and check what is not ready."""
        self.wants_answer = False
        if where != self._where or (node != self.node and where not in self._spec.floating):
            self._adopt(node, where)
        # A node that refused the last connection would refuse all of them, fifty times a second: one is enough to find it back.
        to_open = 1 if self._unsent_error == REFUSED else len(self.connections)
        for connection in list(self.connections):
            if connection.state == CLOSED_STATE:
                if to_open:
                    connection.open(now_ns())
                to_open = max(0, to_open - 1)
            elif connection.state == OPEN and not connection.ready:
                connection.check_role()
        self.wants_answer = len(self.ready) < len(self.connections)

    def _adopt(self, node: int, where: Where) -> None:
        self._leave("the Sentinels name another node" if node != self.node else "the Sentinels name another address")
        self.node = node
        self._where = where
        self._unsent_error = NO_PRIMARY
        self._reporter.say("adopted", node)
        self.connections = [
            self._make(self._spec, self._network, node, self._recorder, self._commands, self)
            for _ in range(self._spec.connections)
        ]
        for connection in self.connections:
            connection.address = where

    def _leave(self, why: str) -> None:
        self._stop_writing(CONNECTION_LOST, why)
        left, self.connections = self.connections, []
        for connection in left:
            connection.take_rest()
            connection.give_up(CONNECTION_LOST, now_ns())

    def _stop_writing(self, error: int, why: str) -> None:
        self.doubt_ns = now_ns()
        self.wants_answer = True
        if self.ready:
            self._recorder.connected_to(-1)
            self._reporter.say("disconnected", self.node, why)
        self.ready = []
        for connection in self.connections:
            connection.ready = False
            connection.fail_queue(error, self.doubt_ns)

    # -- what the node says

    def met(self, connection: DataConnection, node: int) -> None:
        """Which node is at a floating address; connections to another one, from before it moved there, end."""
        if node == self.node:
            return
        for other in self.connections:
            if other is not connection and other.ready:
                other.break_off(OSError("the address has moved"))
        self.node = node

    def role_known(self, connection: DataConnection, primary: bool, detail: str) -> None:
        """The answer to ROLE: write there, or ask the Sentinels again."""
        if not primary:
            self._reporter.say("not-primary", self.node, detail)
            connection.give_up(CONNECTION_LOST, now_ns())
            self._stop_writing(CONNECTION_LOST, "not a primary")
            return
        connection.ready = True
        self.ready = [one for one in self.connections if one.ready]
        self._unsent_error = NO_PRIMARY
        if len(self.ready) == 1:
            self._recorder.connected_to(self.node)
            self._reporter.say("connected", self.node)
        if len(self.ready) == len(self.connections):
            self.wants_answer = self._troubled and self.wants_answer
            if not self._reporter.ready:
                self._reporter.say("ready", self.node)

    def write_refused(self, error: int) -> None:
        """An error reply to a write or a wait."""
        if error in KEEPS_CONNECTION:
            self._trouble("refused", ERROR_NAMES[error])
        else:
            self._stop_writing(CONNECTION_LOST, ERROR_NAMES[error])

    def fell_short(self, detail: str) -> None:
        """Too few replicas acknowledged: ask, but go on until another node is named."""
        self._trouble("shortfall", detail)

    def _trouble(self, action: str, detail: str) -> None:
        self._troubled = True
        self.wants_answer = True
        self._acknowledged = self._recorder.acknowledged
        self._reporter.say(action, self.node, detail)

    def connection_lost(self, error: int, detail: str) -> None:
        """A connection broke or timed out, or could not be made."""
        refused = detail.endswith(errno.errorcode[errno.ECONNREFUSED])
        self._unsent_error = REFUSED if refused else NO_PRIMARY
        self._stop_writing(error, f"{ERROR_NAMES[error]}: {detail}")

    # -- the clock and the load

    def tick(self, now: int) -> None:
        """Close what has kept silent for longer than the operation timeout."""
        deadline_ns = now - self._spec.operation_timeout_ms * NS_PER_MS
        for connection in list(self.connections):
            if connection.expired(deadline_ns):
                connection.take_rest()
            if connection.expired(deadline_ns):
                connection.break_off(TimeoutError(f"no answer in {self._spec.operation_timeout_ms} ms"))
        if self._troubled and self._recorder.acknowledged > self._acknowledged:
            self._troubled = False
            self._reporter.say("recovered", self.node)

    def deal(self, slots: range, now: int) -> None:
        """Hand due writes (step 1, one chunk) to the connections in turn; without one they fail at once."""
        ready = self.ready
        if not ready:
            self._recorder.fail(slots, now, self._unsent_error)
            return
        share = len(ready)
        for first in range(slots.start, min(slots.stop, slots.start + share)):
            ready[first % share].enqueue(range(first, slots.stop, share), now)

    def idle(self) -> bool:
        """True if no write is in flight or waits to be sent."""
        return not any(connection.writing for connection in self.connections)

    def give_up(self, error: int) -> None:
        """Close everything; what is in flight becomes unknown."""
        now = now_ns()
        for connection in self.connections:
            connection.give_up(error, now)
        self.ready = []
