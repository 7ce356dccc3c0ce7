"""Disk full: a server's data folder has no free space left."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from jsquared.cluster.cluster import Cluster
from jsquared.errors import BadInputError
from jsquared.faults.fault import Evidence, Parameter, combine
from jsquared.faults.revive import lives, revive
from jsquared.faults.targets import nodes_of
from jsquared.sandbox import disk
from jsquared.sandbox.sandbox import Capability


def own_disks(cluster: Cluster, targets: Sequence[str]) -> list[str]:
    """The nodes that targets mean, each of which has a disk of its own.

    :raises BadInputError: they have none, as the plan does not say that it needs them.
    """
    if Capability.DISK not in cluster.plan.needs:
        raise BadInputError(
            "the servers share a disk with everything else",
            where=f"plan of '{cluster.plan.scenario}'",
            try_="a scenario whose needs contain 'disk'",
        )
    return nodes_of(cluster, targets)


def writes_to(cluster: Cluster, name: str, expected: str) -> Evidence:
    """What the kernel says to 64 KiB that are written to a node's folder now; ``expected`` is the name of an error, or empty."""
    found = disk.write_error(cluster.folder(name))
    return Evidence(found == expected, f"a write of 64 KiB in {name}'s folder gives {found or 'no error'}")


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

    def inject(self, cluster: Cluster, targets: Sequence[str], parameters: Mapping[str, Any]) -> "ActiveDiskFull":  # noqa: ARG002
        """Fill the targets' disks."""
        names = own_disks(cluster, targets)
        for name in names:
            disk.fill(cluster.folder(name))
        return ActiveDiskFull(cluster, names)


class ActiveDiskFull:
    """Disks that are full."""

    proven_at_end: ClassVar[bool] = False

    def __init__(self, cluster: Cluster, targets: Sequence[str]) -> None:
        self.targets = targets
        self.details: Mapping[str, Any] = {}
        self._cluster = cluster

    def bit(self) -> Evidence:
        """Nothing can be written."""
        return combine([writes_to(self._cluster, name, "ENOSPC") for name in self.targets])

    def heal(self) -> None:
        """Make room, and start again what has ended."""
        for name in self.targets:
            disk.make_room(self._cluster.folder(name))
            revive(self._cluster, name)

    def healed(self) -> Evidence:
        """Writing succeeds, and the server answers."""
        return combine(
            [part for name in self.targets for part in (writes_to(self._cluster, name, ""), lives(self._cluster, name))]
        )
