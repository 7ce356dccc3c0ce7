"""Plays steps at servers: the gates before, the actions, the gates after; and takes them back.

A pause of writes is lifted on every way out. A step that would stop the primary while it is taken back hands over first: roles are no
configuration, so the node that a step changed as a replica may lead by now.
"""

import contextlib
import time
from collections.abc import Callable, Sequence
from typing import Any

from jsquared.deployment.dialect.dialect import Dialect
from jsquared.errors import LabError
from jsquared.resp.replies import pairs
from jsquared.rollout.file_lines import filled_line
from jsquared.rollout.gates import Gates
from jsquared.rollout.hand_over import hand_over_actions
from jsquared.rollout.marks import Marks, filled
from jsquared.rollout.servers import Servers
from jsquared.rollout.steps import (
    PING_PERIOD,
    Action,
    Confirmed,
    EditFile,
    FollowPrimary,
    Gate,
    Holds,
    PauseWrites,
    PrimaryIs,
    Promote,
    ReplicasAttached,
    ResumeWrites,
    SendCommand,
    StartServer,
    Step,
    StopServer,
)

LOOK_S = 0.02
NO_PINGS_S = 86_400
"""Longer than any hand-over."""
ACT_LIMIT_S = 10.0
"""A server writes its configuration and its disk before it answers some commands."""


class StepError(LabError):
    """A step could not be played, or what must hold did not."""


class StepPlayer:
    """Plays steps at some servers. ``most_ms`` bounds how long any gate is waited for."""

    def __init__(
        self, servers: Servers, marks: Marks, dialect: Dialect, *, coordinated: bool, most_ms: int = 600_000
    ) -> None:
        """:param coordinated: whether the engine can coordinate a failover itself."""
        self.gates = Gates(servers, marks, dialect)
        self._servers, self._marks = servers, marks
        self._coordinated, self._most_ms = coordinated, most_ms
        self._paused: dict[str, int] = {}
        """Each node that holds writes back, with its period of pings from before, in seconds."""
        self._deeds: dict[type, Callable[[Any], None]] = {
            SendCommand: self._send,
            EditFile: self._edit,
            StopServer: lambda one: servers.stop_server(one.node),
            StartServer: lambda one: servers.start_server(one.node, one.engine),
            PauseWrites: self._pause,
            ResumeWrites: self._resume,
            Promote: self._promote,
            FollowPrimary: self._follow,
            Holds: lambda one: self._wait(one.gate, "in the middle"),
        }

    def play(self, step: Step) -> None:
        """Play a step.

        :raises StepError: a gate did not hold in its time, or an action failed.
        """
        for gate in step.before:
            self._wait(gate, "before it")
        self._act(step.actions)
        for gate in step.after:
            self._wait(gate, "after it")

    def take_back(self, step: Step) -> None:
        """Take a step back, and wait until all is as it was before it, but for the roles.

        :raises StepError: a gate did not hold in its time, or an action failed.
        """
        if step.kind == "add-password" and step.undo:
            self._confirm_back()
        self._lead_elsewhere(step.undo)
        self._act(step.undo)
        if step.undo:
            for gate in step.before:
                if not isinstance(gate, PrimaryIs | Confirmed):
                    self._wait(gate, "once it was taken back")

    def _lead_elsewhere(self, undo: Sequence[Action]) -> None:
        """Hand over from each primary that these actions stop."""
        for node in [one.node for one in undo if isinstance(one, StopServer)]:
            if node in self._servers.sentinel_names:
                continue
            master_name, nodes = self._servers.group_of(node)
            if len(nodes) < 2 or self.gates.primary_of(master_name) != node:
                continue
            self._wait(ReplicasAttached(master_name=master_name, nodes=tuple(nodes)), "before it hands over")
            self._act(
                hand_over_actions(
                    node, master_name, nodes, self._servers.sentinel_names[0], coordinated=self._coordinated
                )
            )
            self._wait(ReplicasAttached(master_name=master_name, nodes=tuple(nodes)), "after it has handed over")

    def _act(self, actions: Sequence[Action]) -> None:
        try:
            for action in actions:
                try:
                    self._deeds[type(action)](action)
                except StepError:
                    raise
                except LabError as problem:
                    raise StepError(f"{action.sentence}: {problem}") from problem
        finally:
            for node in list(self._paused):
                with contextlib.suppress(LabError):
                    self._resume(ResumeWrites(node=node))

    def _wait(self, gate: Gate, when: str) -> None:
        """Wait until a gate holds.

        :raises StepError: it does not in its time.
        """
        within_ms = min(getattr(gate, "within_ms", 5_000), self._most_ms)
        deadline_s = time.monotonic() + within_ms / 1000
        while why := self.gates.why_not(gate):
            if time.monotonic() > deadline_s:
                raise StepError(f"{when} this must hold within {within_ms / 1000:g} s: {gate.sentence}; but {why}")
            time.sleep(LOOK_S)

    def _confirm_back(self) -> None:
        try:
            self._servers.confirm("every client logs in as before", back=True)
        except LabError as problem:
            raise StepError(f"before it is taken back every client must log in as before: {problem}") from problem

    def _edit(self, one: EditFile) -> None:
        for line in (one.before, one.after):
            filled(line, self._marks)  # a mark that is not known is told before the file is touched
        before, after = (filled_line(line, self._marks.items()) if line else "" for line in (one.before, one.after))
        self._servers.edit(one.node, one.file, before, after)

    def _send(self, one: SendCommand) -> None:
        words = [filled(word, self._marks) for word in one.words]
        self._servers.ask(one.node, *words, timeout_s=ACT_LIMIT_S)

    def _pause(self, one: PauseWrites) -> None:
        shown = pairs(self._servers.ask(one.node, "CONFIG", "GET", PING_PERIOD, timeout_s=ACT_LIMIT_S))
        self._paused[one.node] = int(shown[PING_PERIOD])
        self._servers.ask(one.node, "CONFIG", "SET", PING_PERIOD, NO_PINGS_S, timeout_s=ACT_LIMIT_S)
        self._servers.ask(one.node, "CLIENT", "PAUSE", one.for_ms, "WRITE", timeout_s=ACT_LIMIT_S)

    def _resume(self, one: ResumeWrites) -> None:
        self._servers.ask(one.node, "CLIENT", "UNPAUSE", timeout_s=ACT_LIMIT_S)
        period_s = self._paused.get(one.node, one.ping_period_s)
        self._servers.ask(one.node, "CONFIG", "SET", PING_PERIOD, period_s, timeout_s=ACT_LIMIT_S)
        self._paused.pop(one.node, None)

    def _promote(self, one: Promote) -> None:
        words = ("COORDINATED",) if one.coordinated else ()
        self._servers.ask(one.sentinel, "SENTINEL", "FAILOVER", one.master_name, *words, timeout_s=ACT_LIMIT_S)

    def _follow(self, one: FollowPrimary) -> None:
        address, port = self._named_primary(one.master_name)
        if one.over_tls:
            raise StepError(f"at {one.node}: a node that is reached over TLS at another port cannot be followed here")
        self._servers.ask(one.node, "REPLICAOF", address, port, timeout_s=ACT_LIMIT_S)

    def _named_primary(self, master_name: str) -> tuple[str, str]:
        """The address by which Sentinels name the primary, as replicas are told it."""
        primary = self.gates.primary_of(master_name)
        for sentinel in self._servers.sentinel_names:
            with contextlib.suppress(LabError):
                reply = self._servers.ask(sentinel, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", master_name)
                if reply and primary and self._servers.node_at(":".join(map(str, reply))) == primary:
                    return str(reply[0]), str(reply[1])
        raise StepError(f"no majority of the Sentinels names a primary of {master_name}")
