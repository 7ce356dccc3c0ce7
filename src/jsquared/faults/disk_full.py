"""Disk full: a server's data folder has no free space left."""

from collections.abc import Sequence

from jsquared.faults.fault import ActiveFault, Fault, ParameterValues
from jsquared.faults.own_disks import ActiveRefusingDisks, disks_of, own_disks
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.capability import Capability


class DiskFull(Fault):
    """The filesystem of a server's folder is full."""

    name = "disk-full"
    description = (
        "Leave no free space in the data folders of servers: appending or creating a file there fails with ENOSPC."
    )
    undo = "There is free space again; a server that it ended is started again."
    evidence = "A write by the lab in the folder fails with ENOSPC; after healing it succeeds and the server answers."
    needs = frozenset({Capability.PROCESS, Capability.DISK})

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:  # noqa: ARG002
        """Fill the targets' disks."""
        names, disks = own_disks(deployment, targets), disks_of(deployment)
        for name in names:
            disks.fill(deployment.folder(name))
        return ActiveRefusingDisks(deployment, names, "ENOSPC", disks.make_room)
