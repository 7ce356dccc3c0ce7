"""Manual failover: an operator tells a Sentinel to promote a replica although the primary is well."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from jsquared.errors import BadInputError
from jsquared.faults.fault import Evidence, Parameter
from jsquared.faults.targets import nodes_of
from jsquared.resp.failures import ServerReplyError
from jsquared.resp.replies import pairs
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.sandbox import Capability

CHANGE_LIMIT_S = 20.0


class ManualFailover:
    """SENTINEL FAILOVER at a Sentinel."""

    name: ClassVar[str] = "manual-failover"
    description: ClassVar[str] = (
        "Tell a Sentinel to fail over now (SENTINEL FAILOVER), as an operator does before maintenance."
    )
    undo: ClassVar[str] = "Nothing to undo: the old primary is a replica from now on."
    evidence: ClassVar[str] = (
        "The Sentinel accepts the command and then names another primary in a newer epoch; after healing a majority names it."
    )
    needs: ClassVar[frozenset[Capability]] = frozenset({Capability.PROCESS})
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter(
            "coordinated", False, "pause the old primary until the new one has everything (Valkey 9.0 and newer)"
        ),
    )

    def inject(
        self, deployment: RunningDeployment, targets: Sequence[str], parameters: Mapping[str, Any]
    ) -> "ActiveManualFailover":
        """Give the command to the first target, which must be a Sentinel."""
        name = self.one_sentinel(deployment, nodes_of(deployment, targets), self.name)
        before = _view(deployment, name)
        words = ["COORDINATED"] if parameters["coordinated"] else []
        refusal = ""
        try:
            deployment.ask(name, "SENTINEL", "FAILOVER", deployment.master_name, *words)
        except ServerReplyError as reply:
            refusal = reply.what
        return ActiveManualFailover(deployment, name, before, refusal)

    @staticmethod
    def one_sentinel(deployment: RunningDeployment, names: Sequence[str], fault: str) -> str:
        """The only one of these nodes, which is a Sentinel.

        :raises BadInputError: there are more, or it is none.
        """
        [name, *more] = names
        if more or deployment.plan.node(name).role != "sentinel":
            raise BadInputError("one Sentinel is told to fail over", where=f"fault '{fault}'", hint="sentinel:1")
        return name


def _view(deployment: RunningDeployment, sentinel: str) -> tuple[str, int]:
    """The primary that a Sentinel names, and the epoch of that."""
    fields = pairs(deployment.ask(sentinel, "SENTINEL", "MASTER", deployment.master_name))
    return deployment.node_at(f"{fields['ip']}:{fields['port']}"), int(fields["config-epoch"])


class ActiveManualFailover:
    """A failover that was ordered. ``before`` is the primary and the epoch from before."""

    proven_at_end: ClassVar[bool] = True

    def __init__(self, deployment: RunningDeployment, sentinel: str, before: tuple[str, int], refusal: str) -> None:
        self.targets: Sequence[str] = [sentinel]
        self.details: Mapping[str, Any] = {"refusal": refusal} if refusal else {}
        self._deployment = deployment
        self._before = before
        self._refusal = refusal

    def bit(self) -> Evidence:
        """The Sentinel names another primary in a newer epoch."""
        [name] = self.targets
        if self._refusal:
            return Evidence(False, f"{name} refused: {self._refusal}")
        (old, old_epoch), (new, epoch) = self._before, self._changed_view(name)
        if new == old or epoch <= old_epoch:
            return Evidence(False, f"{name} still names {old} in epoch {epoch}")
        return Evidence(True, f"{name} named {old} in epoch {old_epoch} and names {new} in epoch {epoch}")

    def _changed_view(self, name: str) -> tuple[str, int]:
        """What the Sentinel names once that is another primary, or in the end: a failover takes a second or two."""
        deadline = time.monotonic() + CHANGE_LIMIT_S
        while (view := _view(self._deployment, name))[0] == self._before[0] and time.monotonic() < deadline:
            time.sleep(0.02)
        return view

    def heal(self) -> None:
        """Nothing to undo."""

    def healed(self) -> Evidence:
        """A majority of the Sentinels names one primary, which says that it is one."""
        deadline = time.monotonic() + CHANGE_LIMIT_S
        while time.monotonic() < deadline:
            primary = self._deployment.primary()
            role = self._deployment.role(primary) if primary else None
            if role is not None and role.primary:
                return Evidence(True, f"a majority of the Sentinels names {primary}, which says that it is the primary")
            time.sleep(0.05)
        return Evidence(False, f"no primary is agreed on after {CHANGE_LIMIT_S:.0f} s")
