"""The effect of a schedule's faults on a deployment, derived from its text: who is away, who is cut off, what may be asked then.

Scenarios of the catalogue say this themselves. For one that a user wrote, or that was drawn at random, it is derived here. Where it
cannot be known for sure, only what holds for every schedule is required: nothing acknowledged is lost, and service recovers.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from jsquared.deployment.model.spec import DataNode, Deployment
from jsquared.records.plan import PlannedFault, PlannedObjective
from jsquared.scenario.limits import (
    DEMOTION_LIMIT_MS,
    FAILOVER_LIMIT_MS,
    TILT_MS,
    convergence,
    lost_writes,
    resume_limits,
    service_limits,
    steady_limits,
)
from jsquared.scenario.moments import Moment
from jsquared.scenario.situation import Situation
from jsquared.scenario.targets_at_start import hosts_at_start, nodes_at_start

LASTING = ("kill", "new-address", "pause", "busy-script")
"""Faults that keep a server from serving until they are healed."""


# --- What faults do.


@dataclass(frozen=True)
class Impact:
    """Hosts whose data nodes are out of service, and hosts that the Sentinels' majority cannot reach, while the faults last.

    ``plain``: everything breaks at once and stays broken until the deployment had its time, so what is left can be said for sure.
    """

    away: tuple[str, ...]
    cut_off: tuple[str, ...]
    plain: bool


def impact_of(deployment: Deployment, faults: Sequence[PlannedFault]) -> Impact:
    """Return the combined effect of these faults.

    :raises BadInputError: a target does not exist in this deployment.
    """
    away: list[str] = []
    cut_off: list[str] = []
    for fault in faults:
        out, lost = _taken(deployment, fault)
        away += out
        cut_off += lost
    at_once = len({fault.start for fault in faults}) == 1
    plain = at_once and all(_is_plain(fault) and _lasts(deployment, fault) for fault in faults)
    return Impact(tuple(dict.fromkeys(away)), tuple(dict.fromkeys(cut_off)), plain)


def _is_plain(fault: PlannedFault) -> bool:
    return fault.name in LASTING or _is_whole_cut(fault)


def _is_whole_cut(fault: PlannedFault) -> bool:
    narrowed = fault.parameters.get("links", "all") != "all" or any(
        fault.parameters.get(n) for n in ("against", "port")
    )
    return fault.name == "cut" and not narrowed


def _lasts(deployment: Deployment, fault: PlannedFault) -> bool:
    """True if a failover fits between its start and its heal."""
    heal = Moment.parse(fault.heal)
    enough_ms = deployment.down_after_ms + FAILOVER_LIMIT_MS
    return heal.anchor == "recovery" or (heal.anchor == "injection" and heal.after_ms >= enough_ms)


def _taken(deployment: Deployment, fault: PlannedFault) -> tuple[list[str], list[str]]:
    """Hosts whose data nodes one fault takes away, and hosts that it takes from the Sentinels' majority."""
    if _is_whole_cut(fault):
        return _split(deployment, fault)
    nodes = [node for target in fault.targets for node in nodes_at_start(deployment, target)]
    if fault.name not in LASTING:
        return [], []
    data = [node.host for node in nodes if node in deployment.group]
    return data, [node.host for node in nodes if not isinstance(node, DataNode)]


def _split(deployment: Deployment, fault: PlannedFault) -> tuple[list[str], list[str]]:
    """The side of a cut on which no failover is decided."""
    side = [host for target in fault.targets for host in hosts_at_start(deployment, target)]
    others = [host for host in deployment.hosts if host not in side]
    needed = max(deployment.quorum, len(deployment.sentinels) // 2 + 1)
    near = sum(node.host in side for node in deployment.sentinels)
    lost = others if near >= needed else side
    return [node.host for node in deployment.group if node.host in lost], lost


# --- What may be asked.


def fair_objectives(impact: Impact) -> Callable[[Situation], list[PlannedObjective]]:
    """The limits that a sound deployment can keep while and after these faults."""
    return lambda situation: _fair(situation) if impact.plain else recovery_objectives(situation.deployment)


def _fair(situation: Situation) -> list[PlannedObjective]:
    kept = lost_writes("acknowledged writes must survive whatever breaks")
    if situation.primary_affected and not situation.fails_over:
        return recovery_objectives(situation.deployment)
    if situation.primary_affected:
        return [kept, *service_limits(situation), convergence()]
    steady = steady_limits(situation, "the primary stays within reach of the Sentinels' majority")
    return [kept, *steady, convergence()]


def recovery_limit_ms(deployment: Deployment) -> int:
    """How long a sound deployment may take to converge after the last heal of any schedule.

    In the worst case it waits out TILT, repeats a failed election after twice failover-timeout, notices a primary as down once more,
    fails over, and demotes the old primary.
    """
    retry_ms = 2 * deployment.failover_timeout_ms
    return TILT_MS + deployment.down_after_ms + retry_ms + FAILOVER_LIMIT_MS + DEMOTION_LIMIT_MS


def recovery_objectives(deployment: Deployment) -> list[PlannedObjective]:
    """Return the objectives that hold for every schedule: no loss, and after the last heal service and convergence."""
    limit_ms = recovery_limit_ms(deployment)
    why = "TILT, a repeated election, a failover and the old primary's demotion all fit into it"
    return [
        lost_writes("acknowledged writes must survive whatever breaks"),
        *resume_limits(tuple(client.name for client in deployment.clients), limit_ms, why),
        PlannedObjective(name="convergence", limit=limit_ms, unit="ms", reason=why),
    ]
