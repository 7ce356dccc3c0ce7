"""Set quorum: an operator changes at run time how many Sentinels must agree that the primary is down."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from jsquared.faults.fault import Evidence, Parameter, combine
from jsquared.faults.targets import nodes_of
from jsquared.resp.replies import pairs
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.sandbox import Capability


class SetQuorum:
    """SENTINEL SET quorum at Sentinels."""

    name: ClassVar[str] = "set-quorum"
    description: ClassVar[str] = "Change the quorum of Sentinels at run time (SENTINEL SET), rightly or wrongly."
    undo: ClassVar[str] = "Sets each Sentinel's quorum back to what it was."
    evidence: ClassVar[str] = "SENTINEL MASTER shows the quorum asked for; after healing the one from before."
    needs: ClassVar[frozenset[Capability]] = frozenset({Capability.PROCESS})
    parameters: ClassVar[tuple[Parameter, ...]] = (Parameter("quorum", 1, "how many Sentinels must agree"),)

    def inject(
        self, deployment: RunningDeployment, targets: Sequence[str], parameters: Mapping[str, Any]
    ) -> "ActiveSetQuorum":
        """Change it at each target."""
        before = {name: quorum_of(deployment, name) for name in nodes_of(deployment, targets)}
        active = ActiveSetQuorum(deployment, before, parameters["quorum"])
        active.change()
        return active


def quorum_of(deployment: RunningDeployment, sentinel: str) -> int:
    """The quorum that a Sentinel works with now."""
    return int(pairs(deployment.ask(sentinel, "SENTINEL", "MASTER", deployment.master_name))["quorum"])


class ActiveSetQuorum:
    """A quorum that was changed. ``before`` maps each Sentinel to its quorum from before."""

    proven_at_end: ClassVar[bool] = False

    def __init__(self, deployment: RunningDeployment, before: Mapping[str, int], quorum: int) -> None:
        self.targets: Sequence[str] = list(before)
        self.details: Mapping[str, Any] = {"before": dict(before)}
        self._deployment = deployment
        self._before = before
        self._quorum = quorum

    def change(self) -> None:
        """Set the new quorum everywhere."""
        for name in self.targets:
            self._set(name, self._quorum)

    def _set(self, name: str, quorum: int) -> None:
        self._deployment.ask(name, "SENTINEL", "SET", self._deployment.master_name, "quorum", quorum)

    def bit(self) -> Evidence:
        """Each Sentinel shows the new quorum, which is not the old one."""
        return combine([self._shows(name, self._quorum, other=self._before[name]) for name in self.targets])

    def heal(self) -> None:
        """Set the old quorum again."""
        for name, quorum in self._before.items():
            self._set(name, quorum)

    def healed(self) -> Evidence:
        """Each Sentinel shows the old quorum."""
        return combine([self._shows(name, quorum) for name, quorum in self._before.items()])

    def _shows(self, name: str, wanted: int, other: int | None = None) -> Evidence:
        quorum = quorum_of(self._deployment, name)
        return Evidence(quorum == wanted != other, f"{name} works with a quorum of {quorum}")
