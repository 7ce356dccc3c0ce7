"""Pause: a server hangs (SIGSTOP): its connections stay open, the kernel goes on accepting, nobody answers."""

import os
import signal
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from jsquared.faults.fault import Evidence, Parameter, combine
from jsquared.faults.processes import answers_again, wait_for_report
from jsquared.faults.targets import nodes_of
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.sandbox import Capability


class Pause:
    """A server process hangs; healing lets it go on."""

    name: ClassVar[str] = "pause"
    description: ClassVar[str] = (
        "Hang server processes with SIGSTOP, as a stalled disk, a paused VM or a long fork does."
    )
    undo: ClassVar[str] = "SIGCONT: the process goes on where it was, with its old view of the world."
    evidence: ClassVar[str] = (
        "The kernel reports the process stopped and its port is silent; after healing, continued and answering."
    )
    needs: ClassVar[frozenset[Capability]] = frozenset({Capability.PROCESS})
    parameters: ClassVar[tuple[Parameter, ...]] = ()

    def inject(
        self,
        deployment: RunningDeployment,
        targets: Sequence[str],
        parameters: Mapping[str, Any],  # noqa: ARG002
    ) -> "ActivePause":
        """Stop the targets' processes."""
        names = nodes_of(deployment, targets)
        for name in names:
            deployment.signal(name, signal.SIGSTOP, "stopped")
        return ActivePause(deployment, names)


class ActivePause:
    """Processes that were stopped."""

    proven_at_end: ClassVar[bool] = False

    def __init__(self, deployment: RunningDeployment, targets: Sequence[str]) -> None:
        self.targets = targets
        self.details: Mapping[str, Any] = {}
        self._deployment = deployment
        self._continued = False

    def bit(self) -> Evidence:
        """The kernel's report of each, and silence."""
        return combine([self._stopped(name) for name in self.targets])

    def _stopped(self, name: str) -> Evidence:
        if wait_for_report(self._deployment.process(name), os.WSTOPPED) != "stopped":
            return Evidence(False, f"{name} was not stopped")
        if self._deployment.answers(name, timeout_s=0.05):
            return Evidence(False, f"{name} was stopped but still answers")
        return Evidence(True, f"the kernel reports {name} stopped, and PING stays without answer")

    def heal(self) -> None:
        """Let them go on."""
        if not self._continued:
            self._continued = True
            for name in self.targets:
                if self._deployment.process(name).poll() is None:
                    self._deployment.signal(name, signal.SIGCONT, "continued")

    def healed(self) -> Evidence:
        """Reported as continued, and answering."""
        return combine([self._goes_on(name) for name in self.targets])

    def _goes_on(self, name: str) -> Evidence:
        if wait_for_report(self._deployment.process(name), os.WCONTINUED) != "continued":
            return Evidence(False, f"{name} was not continued")
        return answers_again(self._deployment, name)
