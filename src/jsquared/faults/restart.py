"""Restart: a server crashes and its supervisor starts it again at once, faster than the Sentinels notice."""

import time
from collections.abc import Mapping, Sequence

from jsquared.faults.fault import ActiveFault, Evidence, Fault, Parameter, ParameterValues
from jsquared.faults.kill import BETWEEN_FSYNCS, kill_all
from jsquared.faults.process_state import ActiveAtProcesses, answers_again, shut_down
from jsquared.faults.targets import nodes_of
from jsquared.running.deployment import RunningDeployment


class Restart(Fault):
    """A server process crashes and is started again by itself."""

    name = "restart"
    description = (
        "Crash server processes with SIGKILL, or end them gently with SIGTERM, and start them again at once, "
        "as a supervisor would."
    )
    undo = "Nothing to undo: the restart is the fault, and it is over once the server answers."
    evidence = "The kernel reports another process, and the server names another run id; then it answers."
    parameters = (
        Parameter("delay_ms", 0, "how long the server stays down before it is started again"),
        Parameter("gently", False, "ask it to end (SIGTERM), so that it can write what it has; else it is killed"),
        BETWEEN_FSYNCS,
    )

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:
        """Kill the targets and start them again."""
        names = nodes_of(deployment, targets)
        before = {name: (deployment.process(name).pid, deployment.run_id(name)) for name in names}
        if parameters["gently"]:
            shut_down(deployment, names)
        else:
            kill_all(deployment, names, between_fsyncs=parameters["between_fsyncs"])
        time.sleep(parameters["delay_ms"] / 1000)
        for name in names:
            deployment.start(name, reason="fault")
        return ActiveRestart(deployment, before)


class ActiveRestart(ActiveAtProcesses):
    """Processes that were restarted. ``before`` maps node to process id and run id from before."""

    def __init__(self, deployment: RunningDeployment, before: Mapping[str, tuple[int, str]]) -> None:
        super().__init__(deployment, before)
        self._before = before

    def bit_at(self, name: str) -> Evidence:
        """Another process and another run id."""
        answering = answers_again(self._deployment, name)
        if not answering.ok:
            return answering
        pid, run_id = self._before[name]
        now_pid, now_run_id = self._deployment.process(name).pid, self._deployment.run_id(name)
        changed = now_pid != pid and now_run_id not in ("", run_id)
        return Evidence(
            changed, f"{name} {'became' if changed else 'is still'} process {now_pid}, run id {now_run_id[:8]}"
        )

    def heal(self) -> None:
        """Nothing to undo."""
