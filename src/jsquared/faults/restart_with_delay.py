"""Restart with delay: a server crashes and its supervisor starts it again after a while, whatever happened meanwhile."""

import signal
from collections.abc import Mapping, Sequence

from jsquared.faults.fault import ActiveFault, Evidence, Fault, Parameter, ParameterValues
from jsquared.faults.kill import BETWEEN_FSYNCS, kill_all
from jsquared.faults.process_state import ActiveAtProcesses, answers_again
from jsquared.faults.supervisor import Supervisor
from jsquared.faults.targets import nodes_of
from jsquared.running.deployment import RunningDeployment


class RestartWithDelay(Fault):
    """Server processes crash and are started again by themselves after a delay."""

    name = "restart-with-delay"
    description = (
        "Crash server processes with SIGKILL; a supervisor starts them again after a delay, while the trial goes on."
    )
    undo = "Nothing to undo but to wait: the servers come back by themselves once the delay has passed."
    evidence = (
        "The kernel's exit report names SIGKILL, nothing answered until the delay had passed, "
        "and the server then names another run id."
    )
    parameters = (
        Parameter("delay_ms", 2000, "how long the servers stay down before they are started again"),
        BETWEEN_FSYNCS,
    )

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:
        """Kill the targets; the rest happens by itself."""
        names = nodes_of(deployment, targets)
        before = {name: deployment.run_id(name) for name in names}
        kill_all(deployment, names, between_fsyncs=parameters["between_fsyncs"])
        supervisor = Supervisor(deployment, names, parameters["delay_ms"] / 1000)
        active = ActiveRestartWithDelay(deployment, before, supervisor)
        supervisor.begin()
        return active


class ActiveRestartWithDelay(ActiveAtProcesses):
    """Processes that are down, or back. ``before`` maps each node to its run id from before."""

    proven_at_end = True

    def __init__(self, deployment: RunningDeployment, before: Mapping[str, str], supervisor: Supervisor) -> None:
        super().__init__(deployment, before)
        self._before = before
        self._codes = {name: deployment.process(name).poll() for name in before}
        self._supervisor = supervisor

    def bit(self) -> Evidence:
        """Each has come back."""
        self._supervisor.wait()
        return super().bit()

    def bit_at(self, name: str) -> Evidence:
        """Killed, silent for the delay, and another process afterwards."""
        if self._codes[name] != -signal.SIGKILL:
            return Evidence(False, f"{name} was not killed (exit code {self._codes[name]})")
        if name in self._supervisor.answered:
            return Evidence(False, f"{name} was killed but something still answered at its address")
        answering = answers_again(self._deployment, name)
        if not answering.ok:
            return answering
        run_id = self._deployment.run_id(name)
        changed = run_id not in ("", self._before[name])
        down_ms = self._supervisor.down_ms
        return Evidence(changed, f"{name} was down for {down_ms:.0f} ms and came back with run id {run_id[:8]}")

    def heal(self) -> None:
        """Wait until they have been started."""
        self._supervisor.wait()
