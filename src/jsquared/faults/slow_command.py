"""Slow command: one command keeps a primary from serving anyone for a while, and ends by itself.

The command is MIGRATE towards a port that takes the connection and then says nothing: every engine from 2.6 on waits for it in
its only thread for exactly the timeout given, whatever its configuration allows to be debugged, and without burning a processor
that other servers need. KEYS, SORT or a big DEL hold a server up in the same way.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Sequence

from jsquared.errors import LabError
from jsquared.faults.bulk_writer import BulkWriter
from jsquared.faults.fault import ActiveFault, ActivePerTarget, Evidence, Fault, Parameter, ParameterValues, combine
from jsquared.faults.process_state import answers_again
from jsquared.faults.targets import nodes_of
from jsquared.resp.blocking import Connection
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.sandbox import Listener

BEGIN_LIMIT_S = 2.0
SPARE_S = 10.0
SHARE = 0.9
"""A PING that waited for so much of the time asked for proves it: it was sent a moment after the command began."""


class SlowCommand(Fault):
    """MIGRATE to no one at a primary."""

    name = "slow-command"
    aims = "data"
    description = "Keep a primary busy with one command for a given time: nothing else is served meanwhile."
    undo = "The command ends by itself; the key that it needed is removed."
    evidence = "A PING sent while the server is inside the command is answered only when the time is over; later it answers at once."
    parameters = (Parameter("ms", 1000, "for how long the server is busy"),)

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:
        """Send the command to the target, which must be one primary: a replica refuses it."""
        [name, *more] = nodes_of(deployment, targets)
        role = deployment.role(name) if deployment.plan.node(name).role == "data" else None
        if more or role is None or not role.primary:
            raise self.refusal("keeps one primary busy", hint="primary")
        active = ActiveSlowCommand(deployment, name, parameters["ms"])
        active.begin()
        return active


class ActiveSlowCommand(ActivePerTarget):
    """A command that is under way; a thread waits for the answer to a PING behind it."""

    proven_at_end = True

    def __init__(self, deployment: RunningDeployment, name: str, busy_ms: int) -> None:
        super().__init__(deployment, [name])
        self._busy_ms = busy_ms
        self._key = BulkWriter("slow-command", 1, 1)
        self._held = contextlib.ExitStack()
        self._waited_ms = 0.0
        self._problem = ""
        self._ping: threading.Thread | None = None

    def begin(self) -> None:
        """Send the command and, once the server is inside it, a PING."""
        try:
            self._send(self.targets[0])
        except LabError as problem:
            self._problem = str(problem)

    def _send(self, name: str) -> None:
        host, address = self._deployment.plan.node(name).host, self._deployment.address(name)
        limit_s = self._busy_ms / 1000 + SPARE_S
        command, ping = (self._held.enter_context(self._deployment.connect(name, limit_s)) for _ in range(2))
        self._key.write(self._deployment, name)
        nobody = self._held.enter_context(self._deployment.sandbox.listen(host, address))
        command.send("MIGRATE", address, nobody.port, self._key.keys[0], 0, self._busy_ms, "COPY")
        self._held.enter_context(_taken(nobody, command))
        ping.send("PING")
        self._ping = threading.Thread(
            target=self._wait, args=(ping, time.monotonic()), name="slow-command", daemon=True
        )
        self._ping.start()

    def _wait(self, ping: Connection, sent_s: float) -> None:
        try:
            ping.reply()
        except LabError as problem:
            self._problem = str(problem)
        self._waited_ms = (time.monotonic() - sent_s) * 1000

    def bit_at(self, name: str) -> Evidence:
        """Show how long the PING waited."""
        if self._ping is not None:
            self._ping.join()
        if self._problem:
            return Evidence(False, f"{name} was not kept busy: {self._problem}")
        return Evidence(
            self._waited_ms >= SHARE * self._busy_ms,
            f"{name} answered a PING after {self._waited_ms:,.0f} ms, kept busy for {self._busy_ms:,} ms by one command",
        )

    def heal(self) -> None:
        """Let go of the connections and remove the key."""
        self._held.close()
        self._key.remove(self._deployment)

    def healed_at(self, name: str) -> Evidence:
        """It answers, and the key is gone."""
        gone = self._key.gone(self._deployment)
        return combine([answers_again(self._deployment, name), gone])


def _taken(nobody: Listener, command: Connection) -> socket.socket:
    """The connection that the server makes for its command; from then on it waits.

    :raises LabError: it makes none; where it refused the command, in its own words.
    """
    try:
        silent, _ = nobody.accept(BEGIN_LIMIT_S)
    except OSError:
        reply = command.reply(BEGIN_LIMIT_S)
        raise LabError(f"it did not connect, and answered {reply}") from None
    return silent
