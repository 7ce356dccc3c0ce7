"""Failover while paused: an operator lets the replicas catch up before a Sentinel is told to promote one."""

import contextlib
from collections.abc import Sequence

from jsquared.errors import LabError
from jsquared.faults.fault import ActiveFault, Evidence, Fault, ParameterValues, combine
from jsquared.faults.manual_failover import ManualFailover
from jsquared.faults.targets import one_sentinel
from jsquared.faults.waiting import prove_within
from jsquared.resp.failures import ServerReplyError
from jsquared.running.deployment import RunningDeployment

CATCH_UP_LIMIT_S = 5.0
PAUSE_MS = 60_000
"""Longer than any failover by hand takes; healing ends it."""


class FailoverWhilePaused(Fault):
    """CLIENT PAUSE … WRITE at the primary, equal offsets, then SENTINEL FAILOVER.

    While writes are paused the primary acknowledges none, so nothing is written that the promoted replica lacks; the Sentinels demote the
    old primary meanwhile, and clients that still wait there are told that it is a replica (CLIENT PAUSE, redis.io; Redis 6.2 and later).
    """

    name = "failover-while-paused"
    aims = "sentinels"
    usual_targets = ("sentinel:1",)
    description = (
        "Pause writes at the primary (CLIENT PAUSE … WRITE), wait until every replica has everything, "
        "then tell a Sentinel to fail over."
    )
    undo = "Ends the pause (CLIENT UNPAUSE); the old primary is a replica from now on."
    evidence = (
        "All replicas have the offset of the paused primary before the order; the Sentinel then names another primary in a newer epoch; "
        "after healing a majority names it."
    )

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:
        """Pause, wait, and give the order to the first target, which must be a Sentinel."""
        primary = deployment.last_primary()
        one_sentinel(deployment, targets, fault=self.name, does="is told to fail over")
        refusal = _pause(deployment, primary)
        caught_up = _catch_up(deployment, primary) if not refusal else Evidence(False, refusal)
        order = ManualFailover().inject(deployment, targets, {**parameters, "coordinated": False})
        return ActiveFailoverWhilePaused(deployment, primary, caught_up, order)


def _pause(deployment: RunningDeployment, primary: str) -> str:
    """Pause writes; why that was refused, empty where it was not."""
    try:
        deployment.ask(primary, "CLIENT", "PAUSE", PAUSE_MS, "WRITE")
    except ServerReplyError as reply:
        return f"{primary} refused the pause: {reply.what}"
    return ""


def _catch_up(deployment: RunningDeployment, primary: str) -> Evidence:
    """Wait until every replica that is there has what the paused primary has."""
    others = [node.name for node in deployment.plan.data_nodes() if node.name != primary]

    def caught_up() -> Evidence:
        own = deployment.role(primary)
        roles = {name: deployment.role(name) for name in others}
        offsets = {name: role.offset for name, role in roles.items() if role is not None and role.link_up}
        if own is not None and offsets and all(offset >= own.offset for offset in offsets.values()):
            return Evidence(True, f"{', '.join(offsets)} had all {own.offset:,} bytes of the paused {primary}")
        return Evidence(False, f"the replicas of the paused {primary} did not catch up in {CATCH_UP_LIMIT_S:.0f} s")

    return prove_within(caught_up, limit_s=CATCH_UP_LIMIT_S, look_s=0.005)


class ActiveFailoverWhilePaused(ActiveFault):
    """A failover that was ordered while writes were paused."""

    proven_at_end = True

    def __init__(self, deployment: RunningDeployment, primary: str, caught_up: Evidence, order: ActiveFault) -> None:
        super().__init__(deployment, order.targets, {**order.details, "paused": primary})
        self._primary = primary
        self._caught_up = caught_up
        self._order = order

    def bit(self) -> Evidence:
        """Equal offsets while paused, and another primary."""
        return combine([self._caught_up, self._order.bit()])

    def heal(self) -> None:
        """End the pause; a node that is away has none."""
        with contextlib.suppress(LabError):
            self._deployment.ask(self._primary, "CLIENT", "UNPAUSE")

    def healed(self) -> Evidence:
        """A majority of the Sentinels names one primary, which says that it is one."""
        return self._order.healed()
