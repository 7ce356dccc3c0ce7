"""Shared code of faults on nodes' own disks: finding the disks, and an undo after which they take writes again."""

from collections.abc import Callable, Sequence

from jsquared.faults.fault import ActivePerTarget, Evidence, combine
from jsquared.faults.planned_means import refuse_unplanned
from jsquared.faults.revive import lives, revive
from jsquared.faults.targets import nodes_of
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.capability import Capability
from jsquared.sandbox.facets import Disks, ServerFolder, given


def own_disks(deployment: RunningDeployment, targets: Sequence[str]) -> list[str]:
    """The nodes that targets mean, each of which has a disk of its own.

    :raises BadInputError: they have none, as the plan does not say that it needs them.
    """
    refuse_unplanned(deployment, Capability.DISK, "fill a disk or make it read-only")
    return nodes_of(deployment, targets)


def disks_of(deployment: RunningDeployment) -> Disks:
    """Return the sandbox's control of servers' own disks.

    :raises SandboxError: nothing.
    """
    return given(deployment.sandbox.disk, Capability.DISK)


def writes_to(deployment: RunningDeployment, name: str, expected: str) -> Evidence:
    """Write 64 KiB to a node's folder and compare the kernel's answer with ``expected``, the name of an error, or empty."""
    found = disks_of(deployment).write_error(deployment.folder(name))
    return Evidence(found == expected, f"a write of 64 KiB in {name}'s folder gives {found or 'no error'}")


class ActiveRefusingDisks(ActivePerTarget):
    """Disks that refuse writes with ``error`` (its name in errno); ``restore`` lets a folder take them again."""

    def __init__(
        self, deployment: RunningDeployment, targets: Sequence[str], error: str, restore: Callable[[ServerFolder], None]
    ) -> None:
        super().__init__(deployment, targets)
        self._error = error
        self._restore = restore

    def bit_at(self, name: str) -> Evidence:
        """Nothing can be written."""
        return writes_to(self._deployment, name, self._error)

    def heal(self) -> None:
        """Take writes again, and start again what has ended."""
        for name in self.targets:
            self._restore(self._deployment.folder(name))
            revive(self._deployment, name)

    def healed_at(self, name: str) -> Evidence:
        """Writing succeeds, and the server answers."""
        return combine([writes_to(self._deployment, name, ""), lives(self._deployment, name)])
