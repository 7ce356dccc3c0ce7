"""Set min-replicas: an operator changes at run time how many replicas a primary must have in order to accept writes."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from jsquared.faults.fault import Evidence, Parameter, combine
from jsquared.faults.settings import Settings, setting
from jsquared.faults.targets import nodes_of
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.sandbox import Capability

DIRECTIVE = "min-replicas-to-write"


class SetMinReplicas:
    """CONFIG SET min-replicas-to-write at data nodes."""

    name: ClassVar[str] = "set-min-replicas"
    description: ClassVar[str] = (
        "Change min-replicas-to-write at run time: with fewer replicas a primary refuses writes."
    )
    undo: ClassVar[str] = "Sets each node's number back to what it was."
    evidence: ClassVar[str] = (
        "The node shows the number asked for, which is another than before; after healing the old one."
    )
    needs: ClassVar[frozenset[Capability]] = frozenset({Capability.PROCESS})
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("replicas", 1, "how many replicas a primary must have (0: it needs none)"),
    )

    def inject(
        self, deployment: RunningDeployment, targets: Sequence[str], parameters: Mapping[str, Any]
    ) -> "ActiveSetMinReplicas":
        """Change it at each target."""
        names = nodes_of(deployment, targets)
        settings = Settings(deployment)
        for name in names:
            settings.change(name, DIRECTIVE, parameters["replicas"])
        return ActiveSetMinReplicas(deployment, names, settings, str(parameters["replicas"]))


class ActiveSetMinReplicas:
    """A number that was changed at nodes."""

    proven_at_end: ClassVar[bool] = False

    def __init__(self, deployment: RunningDeployment, targets: Sequence[str], settings: Settings, wanted: str) -> None:
        self.targets = targets
        self.details: Mapping[str, Any] = {"before": settings.recorded()}
        self._deployment = deployment
        self._settings = settings
        self._wanted = wanted

    def bit(self) -> Evidence:
        """Each node shows the new number, which is not the old one."""
        return combine([self._changed(name, before) for (name, _), before in self._settings.before.items()])

    def _changed(self, name: str, before: str) -> Evidence:
        shown = setting(self._deployment, name, DIRECTIVE)
        return Evidence(shown == self._wanted != before, f"{name} has {DIRECTIVE} {shown}, which was {before}")

    def heal(self) -> None:
        """Set the old number again."""
        self._settings.restore()

    def healed(self) -> Evidence:
        """Each node shows the old number."""
        return combine(self._settings.restored())
