"""A Sentinel's knowledge of a node with a new address: there, at the old one, or not at all."""

from collections.abc import Iterable

from jsquared.errors import LabError
from jsquared.resp.replies import pairs
from jsquared.running.view import DeploymentView

LOST = frozenset({"s_down", "o_down", "disconnected"})
"""Flags of what a Sentinel does not reach; ``master_down`` only says what another Sentinel thought of the primary."""


def unknown_at(deployment: DeploymentView, sentinel: str, name: str) -> str:
    """Return why a Sentinel does not know a node at its new address; empty where it does and sees it well."""
    node = deployment.node(name)
    here = (deployment.address(name), *node.names)
    try:
        flags = [
            flags for where, flags in _listed(deployment, sentinel, name) if where[0] in here and where[1] == node.port
        ]
    except LabError as problem:
        return f"{sentinel}: {problem}"
    if not flags:
        return f"{sentinel} does not know {name} at {here[0]}"
    return f"{sentinel} sees {name} as {flags[0]}" if LOST.intersection(flags[0].split(",")) else ""


def still_lists(deployment: DeploymentView, sentinel: str, name: str, address: str) -> bool:
    """True if a Sentinel has an entry for a node at its former address.

    :raises LabError: it does not answer.
    """
    node = deployment.node(name)
    return (address, node.port) in [where for where, _ in _listed(deployment, sentinel, name)]


def _listed(deployment: DeploymentView, sentinel: str, name: str) -> list[tuple[tuple[str, int], str]]:
    """Address or name, port and flags of every data node, or of every other Sentinel, that a Sentinel lists."""
    node = deployment.node(name)
    master = node.master_name or deployment.master_name
    if node.role == "sentinel":
        return list(_entries(deployment.ask(sentinel, "SENTINEL", "SENTINELS", master)))
    primary = deployment.ask(sentinel, "SENTINEL", "MASTER", master)
    return list(_entries([primary, *deployment.ask(sentinel, "SENTINEL", "REPLICAS", master)]))


def _entries(replies: Iterable[list[str]]) -> Iterable[tuple[tuple[str, int], str]]:
    for reply in replies:
        fields = pairs(reply)
        yield (fields.get("ip", "").lower(), int(fields.get("port", 0))), fields.get("flags", "")
