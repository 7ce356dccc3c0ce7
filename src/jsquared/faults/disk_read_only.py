"""Disk read-only: nothing in a server's folder can be changed any more."""

from collections.abc import Sequence

from jsquared.errors import JSquaredError
from jsquared.faults.fault import ActiveFault, Fault, ParameterValues
from jsquared.faults.own_disks import ActiveRefusingDisks, disks_of, own_disks
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.capability import Capability


class DiskReadOnly(Fault):
    """The filesystem of a server's folder is read-only."""

    name = "disk-read-only"
    usual_targets = ("sentinels",)
    description = (
        "Make the folders of servers read-only: a Sentinel cannot keep its state, a data node cannot begin a file. Refused for a "
        "node that holds a file open for writing, such as its AOF."
    )
    undo = "The folders can be written to again; a server that it ended is started again."
    evidence = "A write by the lab in the folder fails with EROFS; after healing it succeeds and the server answers."
    needs = frozenset({Capability.PROCESS, Capability.DISK})

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:  # noqa: ARG002
        """Make the targets' folders read-only, all or none."""
        names, disks = own_disks(deployment, targets), disks_of(deployment)
        active = ActiveRefusingDisks(deployment, names, "EROFS", lambda folder: disks.set_read_only(folder, False))
        try:
            for name in active.targets:
                disks.set_read_only(deployment.folder(name), True)
        except JSquaredError:
            active.heal()
            raise
        return active
