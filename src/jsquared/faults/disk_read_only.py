"""Disk read-only: nothing in a server's folder can be changed any more."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from jsquared.cluster.cluster import Cluster
from jsquared.errors import JSquaredError
from jsquared.faults.disk_full import own_disks, writes_to
from jsquared.faults.fault import Evidence, Parameter, combine
from jsquared.faults.revive import lives, revive
from jsquared.sandbox import disk
from jsquared.sandbox.sandbox import Capability


class DiskReadOnly:
    """The filesystem of a server's folder is read-only."""

    name: ClassVar[str] = "disk-read-only"
    description: ClassVar[str] = (
        "Make the folders of servers read-only: a Sentinel cannot keep its state, a data node cannot begin a file. Refused for a "
        "node that holds a file open for writing, such as its AOF."
    )
    undo: ClassVar[str] = "The folders can be written to again; a server that ended over it is started again."
    evidence: ClassVar[str] = (
        "A write of the lab's own in the folder fails with EROFS; after healing it succeeds and the server answers."
    )
    needs: ClassVar[frozenset[Capability]] = frozenset({Capability.PROCESS, Capability.DISK})
    parameters: ClassVar[tuple[Parameter, ...]] = ()

    def inject(self, cluster: Cluster, targets: Sequence[str], parameters: Mapping[str, Any]) -> "ActiveDiskReadOnly":  # noqa: ARG002
        """Make the targets' folders read-only, all or none."""
        active = ActiveDiskReadOnly(cluster, own_disks(cluster, targets))
        try:
            for name in active.targets:
                disk.set_read_only(cluster.folder(name), True)
        except JSquaredError:
            active.heal()
            raise
        return active


class ActiveDiskReadOnly:
    """Folders that are read-only."""

    proven_at_end: ClassVar[bool] = False

    def __init__(self, cluster: Cluster, targets: Sequence[str]) -> None:
        self.targets = targets
        self.details: Mapping[str, Any] = {}
        self._cluster = cluster

    def bit(self) -> Evidence:
        """Nothing can be written."""
        return combine([writes_to(self._cluster, name, "EROFS") for name in self.targets])

    def heal(self) -> None:
        """Allow writing, and start again what has ended."""
        for name in self.targets:
            disk.set_read_only(self._cluster.folder(name), False)
            revive(self._cluster, name)

    def healed(self) -> Evidence:
        """Writing succeeds, and the server answers."""
        return combine(
            [part for name in self.targets for part in (writes_to(self._cluster, name, ""), lives(self._cluster, name))]
        )
