"""Disk full: a server's data folder has no free space left."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from jsquared.cluster.cluster import Cluster
from jsquared.faults.fault import Parameter
from jsquared.faults.own_disks import ActiveRefusingDisks, own_disks
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

    def inject(self, cluster: Cluster, targets: Sequence[str], parameters: Mapping[str, Any]) -> ActiveRefusingDisks:  # noqa: ARG002
        """Fill the targets' disks."""
        names = own_disks(cluster, targets)
        for name in names:
            disk.fill(cluster.folder(name))
        return ActiveRefusingDisks(cluster, names, "ENOSPC", disk.make_room)
