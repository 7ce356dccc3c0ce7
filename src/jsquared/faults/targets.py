"""Targets: words such as ``primary`` or ``replica:behind``, resolved to nodes or hosts at the moment of injection.

=====================  ==========================================================================================
``primary``            the data node that the Sentinels' majority names, or last named
``primary@NAME``       the same of the monitored primary called NAME; ``primaries`` those of all that are monitored
``replica:N``          the N-th replica in the deployment's order, from 1
``replica:behind``     the replica with the lowest replication offset; ``replica:ahead`` the highest
``replicas``           all replicas
``sentinel:N``         the N-th Sentinel; ``sentinel:leader`` the one last voted for
``sentinels``          all Sentinels
``client:N``           the N-th client that does not live on the primary's host; ``clients`` all clients
``host:NAME``          a host, whatever runs there; a node's own name (``redis-n1``) is a target too
=====================  ==========================================================================================

Where several primaries are monitored, ``primary`` and the replicas are those of the one that the trial is about.
"""

from collections.abc import Callable, Sequence

from jsquared.cluster.cluster import Cluster
from jsquared.errors import BadInputError
from jsquared.records.plan import Plan
from jsquared.text import whole_number

WORDS = (
    "primary",
    "primary@NAME",
    "primaries",
    "replica:N",
    "replica:behind",
    "replica:ahead",
    "replicas",
    "sentinel:N",
    "sentinel:leader",
    "sentinels",
    "client:N",
    "clients",
    "host:NAME",
)


OF_PRIMARY = "primary@"


def nodes_of(cluster: Cluster, targets: Sequence[str]) -> list[str]:
    """Server nodes that targets mean now.

    :raises BadInputError: a target is no server node of this deployment.
    """
    return _unique([name for target in targets for name in _nodes(cluster, target)])


def hosts_of(cluster: Cluster, targets: Sequence[str]) -> list[str]:
    """Hosts that targets mean now: those of the nodes and clients named.

    :raises BadInputError: a target does not exist in this deployment.
    """
    return _unique([host for target in targets for host in _hosts(cluster, target)])


def all_hosts(plan: Plan) -> list[str]:
    """Every host of a plan, in order: data nodes', Sentinels', clients'."""
    return _unique([node.host for node in plan.nodes] + [client.host for client in plan.clients])


def client_hosts(plan: Plan, primary_host: str) -> list[str]:
    """The hosts that ``client:1``, ``client:2`` … mean while the primary is on ``primary_host``.

    A client that lives on the primary's host shares its fate anyway, so counting begins with the others.
    """
    hosts = [client.host for client in plan.clients]
    return [host for host in hosts if host != primary_host] or hosts


def _hosts(cluster: Cluster, target: str) -> list[str]:
    kind, _, which = target.partition(":")
    if kind == "host":
        if which not in all_hosts(cluster.plan):
            raise _unknown(target, all_hosts(cluster.plan))
        return [which]
    if kind == "clients":
        return [client.host for client in cluster.plan.clients]
    if kind == "client":
        return [_pick(client_hosts(cluster.plan, _primary_host(cluster)), target)]
    return [cluster.plan.node(name).host for name in _nodes(cluster, target)]


def _primary_host(cluster: Cluster) -> str:
    return cluster.plan.node(cluster.last_primary()).host


def _nodes(cluster: Cluster, target: str) -> list[str]:
    kind, _, which = target.partition(":")
    named = [node.name for node in cluster.plan.nodes]
    if target in named:
        return [target]
    special = _SPECIAL.get(target)
    if special is not None:
        return special(cluster)
    if target.startswith(OF_PRIMARY):
        return [_primary_called(cluster, target.removeprefix(OF_PRIMARY))]
    if kind == "replica":
        return [_pick(cluster.replicas(), target)]
    if kind == "sentinel":
        return [_pick([node.name for node in cluster.plan.sentinels()], target)]
    there = [node.name for node in cluster.plan.nodes if kind == "host" and node.host == which]
    if there:
        return there
    raise _unknown(target, named)


def _primary_called(cluster: Cluster, master_name: str) -> str:
    if master_name not in cluster.plan.master_names:
        raise _unknown(f"{OF_PRIMARY}{master_name}", [OF_PRIMARY + name for name in cluster.plan.master_names])
    return cluster.last_primary(master_name)


def _by_offset(cluster: Cluster) -> list[str]:
    offsets = {name: role.offset for name in cluster.replicas() if (role := cluster.role(name)) is not None}
    if not offsets:
        raise BadInputError("no replica answers", where="target 'replica:…'", try_="a node's name")
    return sorted(offsets, key=offsets.__getitem__)


_SPECIAL: dict[str, Callable[[Cluster], list[str]]] = {
    "primary": lambda cluster: [cluster.last_primary()],
    "primaries": lambda cluster: list(cluster.primaries().values()),
    "replicas": lambda cluster: cluster.replicas(),
    "replica:behind": lambda cluster: _by_offset(cluster)[:1],
    "replica:ahead": lambda cluster: _by_offset(cluster)[-1:],
    "sentinels": lambda cluster: [node.name for node in cluster.plan.sentinels()],
    "sentinel:leader": lambda cluster: [cluster.leading_sentinel()],
}


def _pick(names: Sequence[str], target: str) -> str:
    number = whole_number(target.partition(":")[2])
    if number is None or not 1 <= number <= len(names):
        raise _unknown(target, names)
    return names[number - 1]


def _unknown(target: str, names: Sequence[str]) -> BadInputError:
    there = ", ".join(names) or "none"
    return BadInputError(f"no such target (there: {there})", where=f"target '{target}'", try_=", ".join(WORDS))


def _unique(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(names))
