"""Set priority: a replica is made the favourite for promotion, or barred from it, whatever data it has."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from jsquared.faults.fault import Evidence, Parameter, combine
from jsquared.faults.targets import nodes_of
from jsquared.resp.replies import pairs
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.sandbox import Capability

DIRECTIVE = "replica-priority"


class SetPriority:
    """CONFIG SET replica-priority at data nodes."""

    name: ClassVar[str] = "set-priority"
    description: ClassVar[str] = "Change replica-priority at run time: lower is promoted first, 0 never."
    undo: ClassVar[str] = "Sets each node's priority back to what it was."
    evidence: ClassVar[str] = "The node shows the priority asked for; after healing the one from before."
    needs: ClassVar[frozenset[Capability]] = frozenset({Capability.PROCESS})
    parameters: ClassVar[tuple[Parameter, ...]] = (Parameter("priority", 50, "the new replica-priority"),)

    def inject(
        self, deployment: RunningDeployment, targets: Sequence[str], parameters: Mapping[str, Any]
    ) -> "ActiveSetPriority":
        """Change it at each target."""
        before = {name: priority_of(deployment, name) for name in nodes_of(deployment, targets)}
        for name in before:
            deployment.ask(name, "CONFIG", "SET", DIRECTIVE, parameters["priority"])
        return ActiveSetPriority(deployment, before, parameters["priority"])


def priority_of(deployment: RunningDeployment, name: str) -> int:
    """The priority that a node shows."""
    return int(pairs(deployment.ask(name, "CONFIG", "GET", DIRECTIVE))[DIRECTIVE])


class ActiveSetPriority:
    """Priorities that were changed. ``before`` maps each node to its priority from before."""

    proven_at_end: ClassVar[bool] = False

    def __init__(self, deployment: RunningDeployment, before: Mapping[str, int], priority: int) -> None:
        self.targets: Sequence[str] = list(before)
        self.details: Mapping[str, Any] = {"before": dict(before)}
        self._deployment = deployment
        self._before = before
        self._priority = priority

    def bit(self) -> Evidence:
        """Each node shows the new priority, which is not the old one."""
        return combine([self._shows(name, self._priority, other=self._before[name]) for name in self.targets])

    def heal(self) -> None:
        """Set the old priority again."""
        for name, priority in self._before.items():
            self._deployment.ask(name, "CONFIG", "SET", DIRECTIVE, priority)

    def healed(self) -> Evidence:
        """Each node shows the old priority."""
        return combine([self._shows(name, priority) for name, priority in self._before.items()])

    def _shows(self, name: str, wanted: int, other: int | None = None) -> Evidence:
        priority = priority_of(self._deployment, name)
        return Evidence(priority == wanted != other, f"{name} has {DIRECTIVE} {priority}")
