"""Rules: does a primary have room for all clients that must connect to it?"""

from collections.abc import Iterator

from jsquared.analysis.group import Group, whole
from jsquared.analysis.rule import Problem, of_nodes, rule
from jsquared.deployment.model.spec import DataNode

DEFAULT_MAXCLIENTS = 10_000
PER_SENTINEL = 2
"""A Sentinel has one connection for commands and one for hello messages to each data node (sentinelReconnectInstance in sentinel.c)."""
TOO_FEW_FOR_CLIENTS = 10
"""What a single process of an application takes for its pool, as a rule."""
FEW_FOR_CLIENTS = 100
"""Every process of an application has a pool of connections: so few are gone soon, at the latest when all come back after a failover."""


def _taken(group: Group) -> int:
    """Connections of a primary that replicas and Sentinels have."""
    return PER_SENTINEL * len(group.sentinels) + len(group.replicas)


def _left(group: Group) -> dict[DataNode, int]:
    """How many connections each data node has for clients while it is the primary, where that is few."""
    left = {node: whole(node, "maxclients", DEFAULT_MAXCLIENTS) - _taken(group) for node in group.data}
    return {node: number for node, number in left.items() if number < FEW_FOR_CLIENTS}


@rule(
    "maxclients-low",
    "critical",
    "violated",
    "Sentinels and replicas use up maxclients: fewer than 10 connections are left for clients.",
    "primary-unreachable",
)
def maxclients_low(group: Group) -> Iterator[Problem]:
    """acceptCommonHandler in networking.c: connections beyond maxclients are closed with an error, whoever they come from."""
    nodes = [node for node, left in _left(group).items() if left < TOO_FEW_FOR_CLIENTS]
    if nodes:
        message = f"Sentinels and replicas take {_taken(group)} connections of a primary, which leaves almost none for clients."
        yield of_nodes(group, nodes, "maxclients", str(DEFAULT_MAXCLIENTS), message, value=str(DEFAULT_MAXCLIENTS))


@rule(
    "maxclients-near",
    "high",
    "warning",
    "maxclients leaves fewer than 100 connections for clients.",
    "primary-unreachable",
)
def maxclients_near(group: Group) -> Iterator[Problem]:
    """As maxclients-low; Sentinels that are refused while clients reconnect take the primary for dead."""
    nodes = {node: left for node, left in _left(group).items() if left >= TOO_FEW_FOR_CLIENTS}
    if nodes:
        message = (
            f"Sentinels and replicas take {_taken(group)} connections of a primary, which leaves {min(nodes.values())} for clients: "
            "when these are used up, reconnecting Sentinels are refused and consider the primary down."
        )
        yield of_nodes(
            group, list(nodes), "maxclients", str(DEFAULT_MAXCLIENTS), message, value=str(DEFAULT_MAXCLIENTS)
        )


RULES = (maxclients_low, maxclients_near)
