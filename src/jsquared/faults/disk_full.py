"""Disk full: a server's data folder has no free space left."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from jsquared.faults.fault import Parameter
from jsquared.faults.own_disks import ActiveRefusingDisks, own_disks
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox import disk
from jsquared.sandbox.sandbox import Capability


class DiskFull:
    """The filesystem of a server's folder is full."""

    name: ClassVar[str] = "disk-full"
    description: ClassVar[str] = (
        "Leave no free space in the data folders of servers: what they append or create there fails with ENOSPC."
    )
    undo: ClassVar[str] = "There is free space again; a server that ended over it is started again."
    evidence: ClassVar[str] = (
        "A write of the lab's own in the folder fails with ENOSPC; after healing it succeeds and the server answers."
    )
    needs: ClassVar[frozenset[Capability]] = frozenset({Capability.PROCESS, Capability.DISK})
    parameters: ClassVar[tuple[Parameter, ...]] = ()

    def inject(
        self,
        deployment: RunningDeployment,
        targets: Sequence[str],
        parameters: Mapping[str, Any],  # noqa: ARG002
    ) -> ActiveRefusingDisks:
        """Fill the targets' disks."""
        names = own_disks(deployment, targets)
        for name in names:
            disk.fill(deployment.folder(name))
        return ActiveRefusingDisks(deployment, names, "ENOSPC", disk.make_room)
