"""Manual failover: an operator tells a Sentinel to promote a replica although the primary is well."""

from collections.abc import Sequence

from jsquared.faults.fault import ActiveFault, ActivePerTarget, Evidence, Fault, Parameter, ParameterValues
from jsquared.faults.sentinel_belief import Belief, belief
from jsquared.faults.targets import one_sentinel
from jsquared.faults.waiting import prove_within, wait_until
from jsquared.resp.failures import ServerReplyError
from jsquared.running.deployment import RunningDeployment

CHANGE_LIMIT_S = 20.0
LOOK_S = 0.02


class ManualFailover(Fault):
    """SENTINEL FAILOVER at a Sentinel."""

    name = "manual-failover"
    aims = "sentinels"
    usual_targets = ("sentinel:1",)
    description = "Tell a Sentinel to fail over now (SENTINEL FAILOVER), as an operator does before maintenance."
    undo = "Nothing to undo: the old primary is a replica from now on."
    evidence = "The Sentinel accepts the command and then names another primary in a newer epoch; after healing a majority names it."
    parameters = (
        Parameter(
            "coordinated", False, "pause the old primary until the new one has everything (Valkey 9.0 and newer)"
        ),
    )

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:
        """Give the command to the first target, which must be a Sentinel."""
        name = one_sentinel(deployment, targets, fault=self.name, does="is told to fail over")
        before = belief(deployment, name)
        words = ["COORDINATED"] if parameters["coordinated"] else []
        refusal = ""
        try:
            deployment.ask(name, "SENTINEL", "FAILOVER", deployment.master_name, *words)
        except ServerReplyError as reply:
            refusal = reply.what
        return ActiveManualFailover(deployment, name, before, refusal)


class ActiveManualFailover(ActivePerTarget):
    """A failover that was ordered. ``before`` is what the Sentinel believed until then."""

    proven_at_end = True

    def __init__(self, deployment: RunningDeployment, sentinel: str, before: Belief, refusal: str) -> None:
        super().__init__(deployment, [sentinel], {"refusal": refusal} if refusal else {})
        self._before = before
        self._refusal = refusal

    def bit_at(self, name: str) -> Evidence:
        """The Sentinel names another primary in a newer epoch."""
        if self._refusal:
            return Evidence(False, f"{name} refused: {self._refusal}")
        (old, old_epoch), (new, epoch) = self._before, self._changed_belief(name)
        if new == old or epoch <= old_epoch:
            return Evidence(False, f"{name} still names {old} in epoch {epoch}")
        return Evidence(True, f"{name} named {old} in epoch {old_epoch} and names {new} in epoch {epoch}")

    def _changed_belief(self, name: str) -> Belief:
        """Return the Sentinel's belief once it names another primary, or its last one: a failover takes a second or two."""
        return wait_until(
            lambda: belief(self._deployment, name),
            lambda now: now.primary != self._before.primary,
            limit_s=CHANGE_LIMIT_S,
            look_s=LOOK_S,
        )

    def heal(self) -> None:
        """Nothing to undo."""

    def healed_at(self, name: str) -> Evidence:  # noqa: ARG002
        """A majority of the Sentinels names one primary, which says that it is one."""
        return prove_within(self._agreed, limit_s=CHANGE_LIMIT_S, look_s=LOOK_S)

    def _agreed(self) -> Evidence:
        primary = self._deployment.primary()
        role = self._deployment.role(primary) if primary else None
        if role is not None and role.primary:
            return Evidence(True, f"a majority of the Sentinels names {primary}, which says that it is the primary")
        return Evidence(False, f"there is no agreed primary after {CHANGE_LIMIT_S:.0f} s")
