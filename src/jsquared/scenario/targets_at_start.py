"""Targets while nothing has moved yet: what a plan, a search and the impact of faults are worked out from.

It is not known beforehand which replica is behind, or which Sentinel leads: any of them stands for it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from jsquared.deployment.model.spec import Deployment, Node
from jsquared.errors import BadInputError
from jsquared.scenario.targets import Roster, hosts_meant, nodes_meant


@dataclass(frozen=True)
class StartingRoster:
    """The roles of a deployment's nodes just after its start."""

    deployment: Deployment

    def servers(self) -> Sequence[str]:
        """Every server node, in order."""
        return [node.name for node in self.deployment.nodes]

    def host_of(self, server: str) -> str:
        """The host of a server node."""
        return next(node.host for node in self.deployment.nodes if node.name == server)

    def client_hosts(self) -> Sequence[str]:
        """The hosts of the clients, in order."""
        return [client.host for client in self.deployment.clients]

    def primary(self) -> str:
        """The primary that a trial is about."""
        return self.deployment.primary.name

    def primaries(self) -> Mapping[str, str]:
        """Every monitored primary by the name that the Sentinels know it by."""
        return {one.master_name: self.deployment.data_on(one.host).name for one in self.deployment.monitored}

    def replicas(self) -> Sequence[str]:
        """The replicas of the primary that a trial is about, in order."""
        return [node.name for node in self.deployment.replicas]

    def by_offset(self) -> Sequence[str]:
        """The same backwards, as the last one stands for the one behind, and the first one for the one ahead."""
        return self.replicas()[::-1]

    def sentinels(self) -> Sequence[str]:
        """The Sentinels, in order."""
        return [node.name for node in self.deployment.sentinels]

    def leading_sentinel(self) -> str:
        """The first Sentinel."""
        return self.sentinels()[0]


def nodes_at_start(deployment: Deployment, target: str) -> list[Node]:
    """The servers that a target means; none for clients, and for a host without a server.

    :raises BadInputError: the deployment has no such target.
    """
    if target.startswith(("client", "host:")):
        hosts = hosts_at_start(deployment, target)
        return [node for node in deployment.nodes if target.startswith("host:") and node.host in hosts]
    names = _meant(nodes_meant, deployment, target)
    return [node for name in names for node in deployment.nodes if node.name == name]


def hosts_at_start(deployment: Deployment, target: str) -> list[str]:
    """The hosts that a target means.

    :raises BadInputError: the deployment has no such target.
    """
    return _meant(hosts_meant, deployment, target)


def _meant(resolve: Callable[[Roster, Sequence[str]], list[str]], deployment: Deployment, target: str) -> list[str]:
    try:
        names = resolve(StartingRoster(deployment), [target])
    except BadInputError as problem:
        raise _not_there(deployment, target) from problem
    if not names:
        raise _not_there(deployment, target)
    return names


def _not_there(deployment: Deployment, target: str) -> BadInputError:
    there = ", ".join([*(node.name for node in deployment.nodes), *(f"host:{host}" for host in deployment.hosts)])
    return BadInputError(f"deployment '{deployment.name}' has no '{target}'", hint=f"primary, or one of {there}")
