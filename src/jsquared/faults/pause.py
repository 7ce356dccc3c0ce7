"""Pause: a server hangs (SIGSTOP): its connections stay open, the kernel goes on accepting, no one answers."""

import signal
from collections.abc import Sequence

from jsquared.faults.fault import ActiveFault, Evidence, Fault, ParameterValues
from jsquared.faults.process_state import ActiveAtProcesses, is_reported
from jsquared.faults.targets import nodes_of
from jsquared.running.deployment import RunningDeployment


class Pause(Fault):
    """A server process hangs; healing lets it go on."""

    name = "pause"
    description = "Hang server processes with SIGSTOP, as a stalled disk, a paused VM or a long fork would."
    undo = "SIGCONT: the process resumes where it was, with its old view of the world."
    evidence = "The kernel reports the process stopped and its port is silent; after healing, continued and answering."

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:  # noqa: ARG002
        """Stop the targets' processes."""
        names = nodes_of(deployment, targets)
        for name in names:
            deployment.signal(name, signal.SIGSTOP, "stopped")
        return ActivePause(deployment, names)


class ActivePause(ActiveAtProcesses):
    """Processes that were stopped."""

    _continued = False

    def bit_at(self, name: str) -> Evidence:
        """The kernel's report, and silence."""
        if not is_reported(self._deployment.process(name), "stopped"):
            return Evidence(False, f"{name} was not stopped")
        if self._deployment.answers(name, timeout_s=0.05):
            return Evidence(False, f"{name} was stopped but still answers")
        return Evidence(True, f"the kernel reports {name} stopped, and PING is not answered")

    def heal(self) -> None:
        """Let them go on."""
        if not self._continued:
            self._continued = True
            for name in self.targets:
                if self._deployment.process(name).poll() is None:
                    self._deployment.signal(name, signal.SIGCONT, "continued")

    def healed_at(self, name: str) -> Evidence:
        """Reported as continued, and answering."""
        if not is_reported(self._deployment.process(name), "continued"):
            return Evidence(False, f"{name} was not continued")
        return super().healed_at(name)
