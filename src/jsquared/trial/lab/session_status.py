"""How a lab is now, as its own servers and Sentinels say."""

import time
from collections.abc import Callable, Mapping
from typing import Literal

from jsquared.clock import NS_PER_MS
from jsquared.faults.injection import Injection
from jsquared.records.history import HistoryPeek
from jsquared.records.lab_messages import LabAccess, LabFault, LabLoad, LabNode
from jsquared.records.placement import PlacedNode
from jsquared.records.plan import Plan
from jsquared.running.deployment import RunningDeployment
from jsquared.running.view import RoleView


def nodes_now(deployment: RunningDeployment, primary: str) -> tuple[LabNode, ...]:
    """Every server, with what it says of itself.

    :param primary: the node that the Sentinels' majority names, which the others' lag is measured against.
    """
    votes = deployment.votes()
    running = deployment.running()
    roles = {node.name: deployment.role(node.name, 0.3) if node.name in running else None for node in deployment.data}
    first = roles.get(primary)
    own_offset = first.offset if first is not None else None
    return tuple(
        _sentinel(deployment, node, votes, node.name in running)
        if node.role == "sentinel"
        else _data(deployment, node, roles[node.name], own_offset, is_running=node.name in running)
        for node in deployment.nodes
    )


def _sentinel(deployment: RunningDeployment, node: PlacedNode, votes: Mapping[str, str], is_running: bool) -> LabNode:
    return LabNode(
        name=node.name,
        role="sentinel",
        host=node.host,
        address=deployment.address(node.name),
        port=node.port,
        is_running=is_running,
        says="sentinel" if node.name in votes else "nothing",
        names=votes.get(node.name, ""),
    )


def _data(
    deployment: RunningDeployment, node: PlacedNode, role: RoleView | None, own_offset: int | None, *, is_running: bool
) -> LabNode:
    is_replica = role is not None and not role.primary
    says: Literal["primary", "replica", "nothing"] = (
        "nothing" if role is None else "primary" if role.primary else "replica"
    )
    lag = max(0, own_offset - role.offset) if role is not None and is_replica and own_offset is not None else None
    return LabNode(
        name=node.name,
        role="data",
        host=node.host,
        address=deployment.address(node.name),
        port=node.port,
        is_running=is_running,
        says=says,
        follows=deployment.node_at(role.follows) if role is not None and is_replica else "",
        link_up=role.link_up if role is not None and is_replica else None,
        offset=role.offset if role is not None else None,
        lag_bytes=lag,
    )


def hosts_by_name(plan: Plan) -> dict[str, str]:
    """The host of every server and client."""
    hosts = {node.name: node.host for node in plan.nodes}
    return hosts | {client.name: client.host for client in plan.clients}


def access_of(deployment: RunningDeployment) -> LabAccess:
    """How clients log in at data nodes and at Sentinels."""
    data, sentinels = deployment.data[0], deployment.sentinels
    return LabAccess(
        login=data.client_login,
        sentinel_login=sentinels[0].client_login if sentinels else (),
        tls=any(node.tls for node in deployment.nodes),
    )


def fault_told(injection: Injection, mask: Callable[[str], str]) -> LabFault:
    """A fault in the words of the protocol.

    :param mask: puts marks in the place of secrets.
    """
    bit, healed = injection.bit, injection.healed
    return LabFault(
        id=injection.planned.id,
        name=injection.planned.name,
        targets=tuple(injection.active.targets) if injection.active is not None else (),
        bit=None if bit is None else bit.ok,
        evidence="" if bit is None else mask(bit.sentence),
        is_active=not injection.is_over,
        healed=None if healed is None else healed.ok,
        heal_evidence="" if healed is None else mask(healed.sentence),
    )


def load_now(state: Literal["none", "running", "ended"], peeks: Mapping[str, HistoryPeek], rate_per_s: int) -> LabLoad:
    """What the clients have done until now, from the counters that they keep anyway."""
    peeks = dict(peeks)  # those of a load that ends are cleared meanwhile
    last_ns = max((peek.last_ack_ns for peek in peeks.values()), default=0)
    is_waiting = state == "running" and last_ns
    return LabLoad(
        state=state,
        clients=tuple(peeks),
        rate_per_s=rate_per_s,
        acknowledged=sum(peek.acknowledged for peek in peeks.values()),
        failed=sum(peek.failed for peek in peeks.values()),
        unknown=sum(peek.unknown for peek in peeks.values()),
        write_gap_ms=round((time.monotonic_ns() - last_ns) / NS_PER_MS, 1) if is_waiting else None,
    )
