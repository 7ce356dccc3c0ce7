"""A deployment as it was at its start, without starting anything again: no keys, and no one whom a Sentinel sees as down."""

from jsquared.resp.replies import pairs, parse_info
from jsquared.running.deployment import RunningDeployment

_NOT_WELL = ("s_down", "o_down", "disconnected")


def delete_keys(deployment: RunningDeployment) -> None:
    """Delete every key of every monitored primary, where any node has one; replicas delete theirs with it.

    :raises LabError: a primary does not answer, or refuses.
    """
    if nodes_with_keys(deployment):
        for primary in deployment.primaries().values():
            deployment.ask(primary, "FLUSHALL", timeout_s=10.0)


def nodes_with_keys(deployment: RunningDeployment) -> list[str]:
    """Return the data nodes that have keys, or do not say; all are asked at once."""
    names = [node.name for node in deployment.data]
    told = deployment.ask_all(names, "INFO", "keyspace")
    return [name for name in names if name not in told or parse_info(told[name])]


def unclean(deployment: RunningDeployment) -> str:
    """Return why a deployment is not as it was at its start, empty if it is."""
    left = nodes_with_keys(deployment)
    return (
        (f"{', '.join(left)} still has keys" if left else "") or deployment.unconverged() or _seen_as_down(deployment)
    )


def _seen_as_down(deployment: RunningDeployment) -> str:
    """Name a Sentinel that sees a replica or another Sentinel as down: the next failover could not rely on that one yet."""
    sentinels = [node.name for node in deployment.sentinels]
    for master in deployment.master_names:
        for what in ("REPLICAS", "SENTINELS"):
            for sentinel, peers in deployment.ask_all(sentinels, "SENTINEL", what, master).items():
                for peer in map(pairs, peers):
                    if any(word in peer.get("flags", "") for word in _NOT_WELL):
                        return f"{sentinel} sees {peer.get('name', 'a node')} as {peer['flags']}"
    return ""
