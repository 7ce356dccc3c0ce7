"""Kill: a server crashes (SIGKILL) and stays down until it is started again with what its disk kept."""

import contextlib
import signal
import time
from collections.abc import Sequence

from jsquared.faults.fault import ActiveFault, Evidence, Fault, Parameter, ParameterValues
from jsquared.faults.process_state import ActiveAtProcesses, has_ended
from jsquared.faults.targets import nodes_of
from jsquared.records.event_types import ProcessChanged
from jsquared.resp.failures import ServerReplyError, Unreachable
from jsquared.resp.replies import parse_info
from jsquared.running.deployment import RunningDeployment

BETWEEN_FSYNCS = Parameter(
    "between_fsyncs",
    False,
    "wait, at most 0.2 s, for a moment in which nothing waits for a running fsync; a crash during one loses what does",
)
FSYNC_WAIT_S = 0.2


def wait_for_fsync(deployment: RunningDeployment, name: str) -> None:
    """Return when no fsync runs in the background of a data node, or after 0.2 s.

    While one runs, writes to the append-only file wait for it for up to 2 s (flushAppendOnlyFile in aof.c), so a crash just then loses
    them; ``appendfsync everysec`` promises no more. How long an fsync takes is the machine's doing, not Redis'. What a server has not
    even tried to write (``aof_buffer_length``) is its own doing, and not waited for: a server that keeps it back would be excused.
    """
    if deployment.plan.node(name).role != "data":
        return
    deadline = time.monotonic() + FSYNC_WAIT_S
    with contextlib.suppress(Unreachable, ServerReplyError):  # nobody to wait for
        while time.monotonic() < deadline:
            view = parse_info(deployment.ask(name, "INFO", "persistence", timeout_s=FSYNC_WAIT_S))
            if view.get("aof_pending_bio_fsync", "0") == "0":
                return
            time.sleep(0.001)


def kill_all(deployment: RunningDeployment, names: Sequence[str], *, between_fsyncs: bool = False) -> None:
    """SIGKILL to each, then wait for each; one that has not ended after 10 s is left to the evidence."""
    for name in names:
        if between_fsyncs:
            wait_for_fsync(deployment, name)
        deployment.signal(name, signal.SIGKILL, "killed")
    for name in names:
        process = deployment.process(name)
        if has_ended(process):
            deployment.events.add(ProcessChanged(state="exited", pid=process.pid, reason="fault", source=name))


def killed_evidence(deployment: RunningDeployment, name: str, code: int | None) -> Evidence:
    """The exit code as the kernel gave it, and silence at its port."""
    if code != -signal.SIGKILL:
        return Evidence(False, f"{name} was not killed (exit code {code})")
    if deployment.answers(name):
        return Evidence(False, f"{name} was killed but something still answers at its address")
    return Evidence(True, f"{name} ended by SIGKILL and its port refuses connections")


class Kill(Fault):
    """A server process crashes; healing starts it again."""

    name = "kill"
    description = "Crash server processes with SIGKILL: no shutdown, nothing flushed by the server itself."
    undo = "Starts the same configuration again in the same folder, with whatever its persistence kept."
    evidence = "The kernel's exit report names SIGKILL and the port refuses connections; after healing it answers."
    parameters = (BETWEEN_FSYNCS,)

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:
        """Kill the targets' processes."""
        names = nodes_of(deployment, targets)
        kill_all(deployment, names, between_fsyncs=parameters["between_fsyncs"])
        return ActiveKill(deployment, names)


class ActiveKill(ActiveAtProcesses):
    """Processes that were killed."""

    _started = False

    def bit_at(self, name: str) -> Evidence:
        """Its exit report, and a refused connection."""
        return killed_evidence(self._deployment, name, self._deployment.process(name).poll())

    def heal(self) -> None:
        """Start them again."""
        if not self._started:
            self._started = True
            for name in self.targets:
                self._deployment.start(name, reason="healed")
