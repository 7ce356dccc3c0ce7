"""Rules: names that nodes announce, and whether those who hear them can do anything with a name."""

from collections.abc import Iterator

from jsquared.analysis.group import Group
from jsquared.analysis.rule import Problem, named, rule, with_data, written
from jsquared.deployment.model.host_names import is_name
from jsquared.deployment.model.spec import DataNode, Node, SentinelNode

_ANNOUNCES = ("replica-announce-ip", "sentinel announce-ip")


def _announced(node: Node) -> str:
    """The name that a node announces, empty where it announces none, or an address."""
    word = node.value(_ANNOUNCES[0] if isinstance(node, DataNode) else _ANNOUNCES[1])
    return word if is_name(word) else ""


@rule(
    "announced-name-not-resolved",
    "critical",
    "violated",
    "A node announces a name, and Sentinels that do not resolve names never learn of it.",
    "slow-resolver",
)
def announced_name_not_resolved(group: Group) -> Iterator[Problem]:
    """createSentinelAddr in sentinel.c, from 6.2: a name that may not be resolved makes no replica and no Sentinel."""
    deaf = [node for node in group.sentinels if not node.is_on("sentinel resolve-hostnames")]
    nodes = [node for node in group.nodes if _announced(node)]
    if deaf and nodes:
        lines = [line for node in nodes for key in _ANNOUNCES if (line := node.find(key))]
        yield Problem(
            target=named(nodes),
            lines=written(lines),
            message=f"{named(deaf)} do not resolve names, so they never learn of nodes that announce one: they neither agree nor promote.",
            fix="sentinel resolve-hostnames yes",
            fix_is_line=True,
            try_with=("sentinel.resolve-hostnames=yes",),
        )


def _monitored_by(group: Group) -> list[tuple[SentinelNode, str]]:
    """The Sentinels that tell others names, each with the name that it monitors the primary by."""
    lines = [
        (node, line.arguments[1])
        for node in group.sentinels
        if node.is_on("sentinel announce-hostnames") and (line := node.monitor(group.master))
    ]
    return [(node, name) for node, name in lines if is_name(name)]


@rule(
    "replica-known-twice",
    "medium",
    "warning",
    "The primary is monitored by one name, and data nodes announce another or an address: a former primary is known twice.",
    "slow-resolver",
)
def replica_known_twice(group: Group) -> Iterator[Problem]:
    """Sentinel keeps replicas by what they announce; a former primary stays under the name that it was monitored by."""
    by_name = _monitored_by(group)
    primary = _announced(group.primary)
    other = any(primary.lower() != name.lower() for _, name in by_name)
    twice = [node for node in group.data if not _announced(node) or (node is group.primary and other)]
    if by_name and twice and group.replicas:
        lines = [line for node, _ in by_name if (line := node.find("sentinel announce-hostnames"))]
        message = (
            "Sentinels know the primary by a name that these data nodes do not announce: after a failover they list the former "
            "primary twice, and hand out an address where clients expect a name."
        )
        names = {node.host: node.host for node in twice} | {group.primary.host: by_name[0][1]}
        yield Problem(
            target=named(twice),
            lines=written(lines),
            message=message,
            fix="replica-announce-ip with each node's own name, the primary's as it is monitored",
            try_with=tuple(
                setting
                for node in twice
                for setting in with_data(group, [node], "replica-announce-ip", names[node.host])
            ),
        )


RULES = (announced_name_not_resolved, replica_known_twice)
