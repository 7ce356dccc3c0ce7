"""Targets at the moment of injection: the words of :mod:`jsquared.scenario.targets`, asked of the running deployment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jsquared.errors import BadInputError
from jsquared.running.deployment import RunningDeployment
from jsquared.scenario.targets import all_hosts_of, hosts_meant, nodes_meant


@dataclass(frozen=True)
class RunningRoster:
    """The roles in a running deployment, by the word of its Sentinels' majority, or their last word."""

    deployment: RunningDeployment

    def servers(self) -> Sequence[str]:
        """Every server node, in order."""
        return [node.name for node in self.deployment.plan.nodes]

    def host_of(self, server: str) -> str:
        """The host of a server node."""
        return self.deployment.plan.node(server).host

    def client_hosts(self) -> Sequence[str]:
        """The hosts of the clients, in order."""
        return [client.host for client in self.deployment.plan.clients]

    def primary(self) -> str:
        """The data node that the Sentinels' majority names, or last named."""
        return self.deployment.last_primary()

    def primaries(self) -> Mapping[str, str]:
        """The same of every monitored primary, by the name that the Sentinels know it by."""
        return self.deployment.primaries()

    def replicas(self) -> Sequence[str]:
        """All data nodes of this primary's but itself, in order."""
        return self.deployment.replicas()

    def by_offset(self) -> Sequence[str]:
        """Those of them that answer, the one with the lowest replication offset first.

        :raises BadInputError: none answers.
        """
        offsets = {name: role.offset for name in self.replicas() if (role := self.deployment.role(name)) is not None}
        if not offsets:
            raise BadInputError("no replica answers", where="target 'replica:…'", hint="a node's name")
        return sorted(offsets, key=offsets.__getitem__)

    def sentinels(self) -> Sequence[str]:
        """The Sentinels, in order."""
        return [node.name for node in self.deployment.plan.sentinels()]

    def leading_sentinel(self) -> str:
        """The Sentinel last voted for."""
        return self.deployment.leading_sentinel()


def nodes_of(deployment: RunningDeployment, targets: Sequence[str]) -> list[str]:
    """Server nodes that targets mean now.

    :raises BadInputError: a target is not a server node of this deployment.
    """
    return nodes_meant(RunningRoster(deployment), targets)


def hosts_of(deployment: RunningDeployment, targets: Sequence[str]) -> list[str]:
    """Hosts that targets mean now: those of the nodes and clients named.

    :raises BadInputError: a target does not exist in this deployment.
    """
    return hosts_meant(RunningRoster(deployment), targets)


def all_hosts(deployment: RunningDeployment) -> list[str]:
    """Every host, in order: data nodes', Sentinels', clients'."""
    return all_hosts_of(RunningRoster(deployment))


def data_nodes(deployment: RunningDeployment, targets: Sequence[str], *, fault: str, do: str) -> list[str]:
    """Data nodes that targets mean now.

    :param do: what only data nodes do, such as ``save snapshots``; for the refusal.
    :raises BadInputError: a target is not a data node of this deployment.
    """
    refusal = BadInputError(f"only data nodes {do}", where=f"fault '{fault}'", hint="primary, replica:1")
    return _of_role(deployment, targets, "data", refusal)


def one_data_node(deployment: RunningDeployment, targets: Sequence[str], *, fault: str, does: str) -> str:
    """The data node that targets mean now.

    :param does: what becomes of it, such as ``loads slowly``; for the refusal.
    :raises BadInputError: they mean several nodes, or no data node of this deployment.
    """
    refusal = BadInputError(f"one data node {does}", where=f"fault '{fault}'", hint="primary")
    return _only(_of_role(deployment, targets, "data", refusal), refusal)


def sentinels(deployment: RunningDeployment, targets: Sequence[str], *, fault: str) -> list[str]:
    """Sentinels that targets mean now.

    :raises BadInputError: a target is not a Sentinel of this deployment.
    """
    refusal = BadInputError("only Sentinels can be told that", where=f"fault '{fault}'", hint="sentinel:1, sentinels")
    return _of_role(deployment, targets, "sentinel", refusal)


def one_sentinel(deployment: RunningDeployment, targets: Sequence[str], *, fault: str, does: str) -> str:
    """The Sentinel that targets mean now.

    :param does: what becomes of it, such as ``is recreated``; for the refusal.
    :raises BadInputError: they mean several nodes, or no Sentinel of this deployment.
    """
    refusal = BadInputError(f"one Sentinel {does}", where=f"fault '{fault}'", hint="sentinel:1")
    return _only(_of_role(deployment, targets, "sentinel", refusal), refusal)


def _of_role(deployment: RunningDeployment, targets: Sequence[str], role: str, refusal: BadInputError) -> list[str]:
    names = nodes_of(deployment, targets)
    if any(deployment.plan.node(name).role != role for name in names):
        raise refusal
    return names


def _only(names: Sequence[str], refusal: BadInputError) -> str:
    [name, *more] = names
    if more:
        raise refusal
    return name
