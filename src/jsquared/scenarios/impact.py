"""What the faults of a schedule do to a deployment, worked out from its text: who is away, who is cut off, what may be asked then.

Scenarios of the catalogue say this themselves. For one that a user wrote, or that was drawn at random, it is derived here. Where it
cannot be said for sure, only that is asked which holds for every schedule: nothing acknowledged is lost, and service comes back.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from jsquared.deployment.model.spec import DataNode, Deployment, Node
from jsquared.errors import BadInputError
from jsquared.faults.schedule import Moment
from jsquared.faults.targets import OF_PRIMARY, WORDS
from jsquared.records.plan import PlannedFault, PlannedObjective
from jsquared.scenarios.scenario import (
    DEMOTION_LIMIT_MS,
    FAILOVER_LIMIT_MS,
    convergence,
    lost_writes,
    resume_limits,
    service_limits,
    steady_limits,
)
from jsquared.trial.plan import Situation

LASTING = ("kill", "new-address", "pause", "busy-script")
"""Faults that keep a server from serving until they are healed."""
TILT_MS = 30_000
"""How long a Sentinel that felt its timer jump acts on nothing (SENTINEL_TILT_PERIOD in sentinel.c)."""


# --- Targets, while nothing has moved yet.


def is_target_word(text: str) -> bool:
    """Whether a text has the form of one of the words for targets, whatever the deployment has."""
    return any(re.fullmatch(_form(word), text) for word in WORDS)


def _form(word: str) -> str:
    """The pattern of a word: ``N`` is a number, ``NAME`` any name."""
    kind, mark, which = re.split(r"([:@]|$)", word, maxsplit=1)
    return kind + mark + {"N": r"[1-9]\d{0,3}", "NAME": r"\S+"}.get(which, which)


def static_nodes(deployment: Deployment, target: str) -> list[Node]:
    """The servers that a target means while nothing has moved yet; none for clients.

    Which replica is behind, and which Sentinel leads, nobody knows beforehand: any of them stands for it.

    :raises BadInputError: the deployment has no such target.
    """
    kind, _, which = target.partition(":")
    named = [node for node in deployment.nodes if node.name == target]
    if named:
        return named
    if kind == "client" or target == "clients":
        static_hosts(deployment, target)
        return []
    if kind == "host" and which in deployment.hosts:
        return [node for node in deployment.nodes if node.host == which]
    chosen = _chosen(deployment, target)
    if not chosen:
        raise _not_there(deployment, target)
    return chosen


def _chosen(deployment: Deployment, target: str) -> list[Node]:
    kind, _, which = target.partition(":")
    primaries = {one.master_name: deployment.data_on(one.host) for one in deployment.monitored}
    if target.startswith(OF_PRIMARY):
        return [node for name, node in primaries.items() if name == target.removeprefix(OF_PRIMARY)]
    whole: dict[str, Sequence[Node]] = {
        "primary": [deployment.primary],
        "primaries": list(primaries.values()),
        "replicas": deployment.replicas,
        "replica": deployment.replicas,
        "sentinels": deployment.sentinels,
        "sentinel": deployment.sentinels,
    }
    nodes = list(whole.get(kind, []))
    if not which:
        return nodes
    index = int(which) - 1 if which.isdecimal() else -1 if which == "behind" else 0
    return nodes[index : index + 1 or None]


def static_hosts(deployment: Deployment, target: str) -> list[str]:
    """The hosts that a target means while nothing has moved yet.

    :raises BadInputError: the deployment has no such target.
    """
    kind, _, which = target.partition(":")
    if kind == "host" and which in deployment.hosts:
        return [which]
    clients = [client.host for client in deployment.clients]
    if target == "clients":
        return list(dict.fromkeys(clients))
    if kind == "client":
        # As faults/targets.py counts them: a client on the primary's host shares its fate anyway
        others = [host for host in clients if host != deployment.primary.host] or clients
        if not 1 <= int(which) <= len(others):
            raise _not_there(deployment, target)
        return [others[int(which) - 1]]
    return list(dict.fromkeys(node.host for node in static_nodes(deployment, target)))


def _not_there(deployment: Deployment, target: str) -> BadInputError:
    there = ", ".join([*(node.name for node in deployment.nodes), *(f"host:{host}" for host in deployment.hosts)])
    return BadInputError(f"deployment '{deployment.name}' has no '{target}'", try_=f"primary, or one of {there}")


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
    """What these faults do together.

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
    """Whether a failover fits between its start and its heal."""
    heal = Moment.parse(fault.heal)
    enough_ms = deployment.down_after_ms + FAILOVER_LIMIT_MS
    return heal.anchor == "recovery" or (heal.anchor == "injection" and heal.after_ms >= enough_ms)


def _taken(deployment: Deployment, fault: PlannedFault) -> tuple[list[str], list[str]]:
    """Hosts whose data nodes one fault takes away, and hosts that it takes from the Sentinels' majority."""
    if _is_whole_cut(fault):
        return _split(deployment, fault)
    nodes = [node for target in fault.targets for node in static_nodes(deployment, target)]
    if fault.name not in LASTING:
        return [], []
    data = [node.host for node in nodes if node in deployment.group]
    return data, [node.host for node in nodes if not isinstance(node, DataNode)]


def _split(deployment: Deployment, fault: PlannedFault) -> tuple[list[str], list[str]]:
    """The side of a cut on which no failover is decided."""
    side = [host for target in fault.targets for host in static_hosts(deployment, target)]
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
    kept = lost_writes("what is counted as acknowledged must survive whatever breaks")
    if situation.primary_affected and not situation.fails_over:
        return recovery_objectives(situation.deployment)
    if situation.primary_affected:
        return [kept, *service_limits(situation), convergence()]
    steady = steady_limits(situation, "the primary stays within reach of the Sentinels' majority")
    return [kept, *steady, convergence()]


def recovery_limit_ms(deployment: Deployment) -> int:
    """How long a sound deployment may take to be one again after the last heal of any schedule.

    In the worst case it waits out TILT, repeats a failed election after twice failover-timeout, notices a primary as down once more,
    fails over, and demotes the old primary.
    """
    retry_ms = 2 * deployment.failover_timeout_ms
    return TILT_MS + deployment.down_after_ms + retry_ms + FAILOVER_LIMIT_MS + DEMOTION_LIMIT_MS


def recovery_objectives(deployment: Deployment) -> list[PlannedObjective]:
    """What holds for every schedule: no loss, and after the last heal service and one deployment again."""
    limit_ms = recovery_limit_ms(deployment)
    why = "TILT, a repeated election, a failover and the old primary's demotion all fit into it"
    return [
        lost_writes("what is counted as acknowledged must survive whatever breaks"),
        *resume_limits(tuple(client.name for client in deployment.clients), limit_ms, why),
        PlannedObjective(name="convergence", limit=limit_ms, unit="ms", reason=why),
    ]
