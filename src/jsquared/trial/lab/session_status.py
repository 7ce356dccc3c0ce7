"""How a lab is now, as its own servers and Sentinels say."""

import time
from collections.abc import Mapping
from typing import Literal

from jsquared.clock import NS_PER_MS
from jsquared.records.history import HistoryPeek
from jsquared.records.lab_messages import LabLoad, LabNode
from jsquared.records.placement import PlacedNode
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


def load_now(state: Literal["none", "running", "ended"], peeks: Mapping[str, HistoryPeek]) -> LabLoad:
    """What the clients have done until now, from the counters that they keep anyway."""
    last_ns = max((peek.last_ack_ns for peek in peeks.values()), default=0)
    is_waiting = state == "running" and last_ns
    return LabLoad(
        state=state,
        clients=tuple(peeks),
        acknowledged=sum(peek.acknowledged for peek in peeks.values()),
        failed=sum(peek.failed for peek in peeks.values()),
        unknown=sum(peek.unknown for peek in peeks.values()),
        write_gap_ms=round((time.monotonic_ns() - last_ns) / NS_PER_MS, 1) if is_waiting else None,
    )
