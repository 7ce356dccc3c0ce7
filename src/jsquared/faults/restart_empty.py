"""Restart empty: a server crashes and comes back without its data, as on a new disk or a lost volume."""

import time
from collections.abc import Mapping, Sequence

from jsquared.faults.fault import ActiveFault, Evidence, Fault, Parameter, ParameterValues
from jsquared.faults.kill import kill_all
from jsquared.faults.process_state import ActiveAtProcesses, answers_again
from jsquared.faults.targets import data_nodes
from jsquared.running.deployment import RunningDeployment


class RestartEmpty(Fault):
    """A data node crashes and is started again with an empty folder."""

    name = "restart-empty"
    aims = "data"
    description = "Crash data nodes with SIGKILL, empty their folders and start them again with their configuration."
    undo = "Nothing to undo: the data is gone for good, and the server answers again."
    evidence = "The folder held data files and holds none when the server starts; the server names another run id; then it answers."
    parameters = (Parameter("delay_ms", 0, "how long the server stays down before it is started again"),)

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:
        """Kill the targets, empty their folders and start them again."""
        names = data_nodes(deployment, targets, fault=self.name, do="hold data")
        before = {name: deployment.run_id(name) for name in names}
        kill_all(deployment, names)
        left = {name: empty(deployment, name) for name in names}
        time.sleep(parameters["delay_ms"] / 1000)
        for name in names:
            deployment.start(name, reason="fault")
        return ActiveRestartEmpty(deployment, before, left)


def empty(deployment: RunningDeployment, name: str) -> int:
    """Make a node's folder what it was before the first start; gives how many files besides its configuration are left."""
    folder = deployment.folder(name)
    keep = f"{name}.conf"
    for file in folder.names():
        if file != keep:
            folder.remove(file)
    deployment.install(name)
    # What is installed is named after the node (certificates, an ACL file); what a server writes is not.
    return sum(not file.startswith(f"{name}.") for file in folder.names())


class ActiveRestartEmpty(ActiveAtProcesses):
    """Nodes that were emptied. ``before`` maps node to run id from before, ``left`` to the files that were left."""

    def __init__(self, deployment: RunningDeployment, before: Mapping[str, str], left: Mapping[str, int]) -> None:
        super().__init__(deployment, before)
        self._before = before
        self._left = left

    def bit_at(self, name: str) -> Evidence:
        """An empty folder at the start, and another run id."""
        answering = answers_again(self._deployment, name)
        if not answering.ok:
            return answering
        run_id = self._deployment.run_id(name)
        if run_id in ("", self._before[name]):
            return Evidence(False, f"{name} was not restarted: its run id is still {run_id[:8] or 'unknown'}")
        left = self._left[name]
        return Evidence(not left, f"{name} started with {left} data files in its folder, run id {run_id[:8]}")

    def heal(self) -> None:
        """Nothing to undo."""
