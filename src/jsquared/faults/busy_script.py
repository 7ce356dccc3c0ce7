"""Busy script: a Lua script that never ends keeps a data node from answering anything."""

import contextlib
import time
from collections.abc import Mapping, Sequence

from jsquared.errors import LabError
from jsquared.faults.fault import ActiveFault, Evidence, Fault, Parameter, ParameterValues
from jsquared.faults.kill import kill_all
from jsquared.faults.process_state import ActiveAtProcesses
from jsquared.faults.targets import nodes_of
from jsquared.resp.blocking import Connection
from jsquared.resp.failures import ServerReplyError, Unreachable
from jsquared.running.deployment import RunningDeployment

ENDLESS = "while true do end"
KEY = "jsquared:busy-script"
UNKILLABLE = f"redis.call('SET', '{KEY}', '1') {ENDLESS}"
KILL_LIMIT_S = 2.0


class BusyScript(Fault):
    """EVAL of an endless loop at data nodes."""

    name = "busy-script"
    aims = "data"
    description = "Run an endless Lua script: the server is silent, then answers everything with BUSY."
    undo = "SCRIPT KILL; where the script has written, which makes it unkillable, SIGKILL and a new start."
    evidence = "A PING is not answered, or answered with BUSY, while the script runs; after healing PING is answered."
    parameters = (Parameter("writes", False, "write a key first, so that SCRIPT KILL is refused"),)

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:
        """Start the script at each target."""
        script = UNKILLABLE if parameters["writes"] else ENDLESS
        names = nodes_of(deployment, targets)
        return ActiveBusyScript(deployment, {name: _run(deployment, name, script) for name in names})


def _run(deployment: RunningDeployment, name: str, script: str) -> Connection:
    """The connection on which the script runs; closing it does not end the script."""
    connection = deployment.connect(name)
    connection.send("EVAL", script, 0)
    return connection


def busy(deployment: RunningDeployment, name: str) -> bool:
    """True if a node is silent, or says that it is busy."""
    try:
        deployment.ask(name, "PING", timeout_s=0.25)
    except Unreachable:
        return True
    except ServerReplyError as reply:
        return reply.what.startswith("BUSY")
    return False


class ActiveBusyScript(ActiveAtProcesses):
    """Scripts that run. ``running`` maps each node to the connection that waits for its end."""

    def __init__(self, deployment: RunningDeployment, running: Mapping[str, Connection]) -> None:
        super().__init__(deployment, running)
        self._running = running

    def bit_at(self, name: str) -> Evidence:
        """Silence, or BUSY, while the process runs."""
        if self._deployment.process(name).poll() is not None:
            return Evidence(False, f"{name} ended instead of running the script")
        hangs = busy(self._deployment, name)
        return Evidence(
            hangs, f"{name} runs the script and {'does not answer PING' if hangs else 'still answers PING'}"
        )

    def heal(self) -> None:
        """End each script, by force where it has written."""
        for name, connection in self._running.items():
            if not self._killed(name):
                kill_all(self._deployment, [name])
                self._deployment.start(name, reason="healed")
            connection.close()

    def _killed(self, name: str) -> bool:
        """True if the node answers after SCRIPT KILL; it listens only once its script has run for busy-reply-threshold."""
        deadline = time.monotonic() + KILL_LIMIT_S
        while busy(self._deployment, name):
            if time.monotonic() > deadline or self._deployment.process(name).poll() is not None:
                return False
            with contextlib.suppress(LabError):
                self._deployment.ask(name, "SCRIPT", "KILL", timeout_s=0.25)
        return True

    def healed_at(self, name: str) -> Evidence:
        """It answers, and is not busy."""
        answering = super().healed_at(name)
        return Evidence(False, f"{name} is still busy") if answering.ok and busy(self._deployment, name) else answering
