"""One monitored primary with its replicas and Sentinels: what a rule looks at."""

from dataclasses import dataclass
from functools import cached_property

from jsquared.deployment.model.addresses import announced_address, ip_of, own_addresses
from jsquared.deployment.model.host_claims import HostClaims
from jsquared.deployment.model.spec import DataNode, Deployment, MonitoredPrimary, Node, SentinelNode
from jsquared.records.plan import Ack, Engine
from jsquared.text import whole_number

DEFAULT_PRIORITY = 100


def whole(node: Node, key: str, default: int) -> int:
    """A directive's first argument as a whole number; the default where it is none (the server says so better when it starts)."""
    number = whole_number(node.value(key, str(default)))
    return default if number is None else number


@dataclass(frozen=True)
class Machine:
    """Hosts that are one machine, since their nodes have an address in common; nearly always one host."""

    hosts: tuple[str, ...]
    data: tuple[DataNode, ...]
    sentinels: tuple[SentinelNode, ...]

    @property
    def name(self) -> str:
        """The hosts' names."""
        return "+".join(self.hosts)


@dataclass(frozen=True)
class Group:
    """One monitored primary. ``ack`` None means the majority level; ``engine`` None that it is not known yet."""

    deployment: Deployment
    monitored: MonitoredPrimary
    engine: Engine | None
    ack: Ack | None

    @property
    def master(self) -> str:
        """The name that Sentinels know the primary by."""
        return self.monitored.master_name

    @cached_property
    def data(self) -> tuple[DataNode, ...]:
        """Its data nodes, in order."""
        return tuple(node for node in self.deployment.data if node.master_name == self.master)

    @cached_property
    def sentinels(self) -> tuple[SentinelNode, ...]:
        """The Sentinels that monitor it."""
        return tuple(node for node in self.deployment.sentinels if node.monitor(self.master))

    @cached_property
    def primary(self) -> DataNode:
        """The primary at the start."""
        return next(node for node in self.data if node.host == self.monitored.host)

    @cached_property
    def replicas(self) -> tuple[DataNode, ...]:
        """The replicas at the start."""
        return tuple(node for node in self.data if node is not self.primary)

    @property
    def nodes(self) -> tuple[Node, ...]:
        """Data nodes and Sentinels."""
        return (*self.data, *self.sentinels)

    @property
    def level(self) -> Ack:
        """The acknowledgement level of clients: the requested one, else the majority level of this group."""
        needed = (len(self.replicas) + 1) // 2
        return self.ack or (Ack(mode="wait", replicas=needed) if needed else Ack())

    @property
    def majority(self) -> int:
        """Sentinels that must vote for a leader: more than half of all."""
        return len(self.sentinels) // 2 + 1

    @cached_property
    def quorums(self) -> dict[str, int]:
        """Sentinels' names to the quorum that each has."""
        return {
            node.name: monitor.number(3, 1, 2**31 - 1)
            for node in self.sentinels
            if (monitor := node.monitor(self.master))
        }

    def needed(self, *, least: bool = False) -> int:
        """How many Sentinels a failover takes: quorum and majority; of differing quorums the largest, or the least."""
        quorum = (min if least else max)(self.quorums.values(), default=1)
        return max(quorum, self.majority)

    def number(self, sentinel: SentinelNode, setting: str, default: int) -> int:
        """A number that a Sentinel has for this primary."""
        return sentinel.number(setting, self.master, default)

    @cached_property
    def machines(self) -> tuple[Machine, ...]:
        """Every machine with a node of this group, the primary's first."""
        order = [node.host for node in (self.primary, *self.data, *self.sentinels)]
        shared = self._addresses_in_common(tuple(dict.fromkeys(order)))
        merged: list[tuple[list[str], set[str]]] = []
        for host in dict.fromkeys(order):
            hosts, addresses = [host], shared[host]
            for other in [entry for entry in merged if entry[1] & addresses]:
                hosts, addresses = [*other[0], *hosts], addresses | other[1]
                merged.remove(other)
            merged.append((hosts, addresses))
        merged.sort(key=lambda entry: min(order.index(host) for host in entry[0]))
        return tuple(self._machine(hosts) for hosts, _ in merged)

    @cached_property
    def claims(self) -> HostClaims:
        """The owner of each address and name."""
        return HostClaims(self.deployment.nodes, self.deployment.host_names.called, self._floating)

    @property
    def _floating(self) -> list[str]:
        """The addresses that hosts share in turn, which are no host's."""
        return [one.address for one in self.deployment.floating]

    def _addresses_in_common(self, hosts: tuple[str, ...]) -> dict[str, set[str]]:
        """Each host's addresses, where they tell that hosts are one machine.

        A host that has an address for itself alone is a machine for itself: what it shares then floats between machines, or belongs to
        what stands before them. Another host's address that a node announces says nothing of its own.
        """
        every = {host: self._addresses(host) for host in hosts}
        own = {host: {host} if ip_of(host) else set() for host in hosts}
        for host in hosts:
            others = set().union(*(every[other] for other in hosts if other != host))
            own[host] |= every[host] - others
        return {host: own[host] or every[host] for host in hosts}

    def _addresses(self, host: str) -> set[str]:
        nodes = [node for node in self.nodes if node.host == host]
        return {
            address
            for node in nodes
            for address in own_addresses(node).difference(self._floating)
            if not (address == announced_address(node) and self.claims.announces_another(node))
        }

    def _machine(self, hosts: list[str]) -> Machine:
        return Machine(
            tuple(hosts),
            tuple(node for node in self.data if node.host in hosts),
            tuple(node for node in self.sentinels if node.host in hosts),
        )


def groups_of(deployment: Deployment, engine: Engine | None, ack: Ack | None) -> tuple[Group, ...]:
    """One group a monitored primary; where the deployment is narrowed to a subject, that one alone."""
    return tuple(
        Group(deployment, monitored, engine, ack)
        for monitored in deployment.monitored
        if deployment.subject in ("", monitored.master_name)
    )


def priority(node: DataNode) -> int:
    """The promotion priority that Sentinel sees: lower is better, 0 (or not announced) is never promoted."""
    announced = node.value("replica-announced", "yes").lower() != "no"
    return whole(node, "replica-priority", DEFAULT_PRIORITY) if announced else 0
