"""Which data node's host an address or name in the user's files means.

A host is known by its name, else by the addresses that its own files listen on or announce
(:mod:`jsquared.deployment.model.host_claims`). A loopback address means the host itself, unless no two servers have the same port: then
all are processes of one machine. Where the only primary (of several, the only one with that port) gives no address of its own, the one
unknown address (and the one unknown name) that all others use must be it. Anything else is refused.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from jsquared.deployment.model.addresses import (
    announced_address,
    announced_port,
    bound_addresses,
    ip_of,
    is_loopback,
    on_one_machine,
)
from jsquared.deployment.model.directives import Directive
from jsquared.deployment.model.host_claims import HostClaims
from jsquared.deployment.model.spec import DataNode, Node, SentinelNode


@dataclass(frozen=True)
class ResolvedHost:
    """The host of a data node, and the port that was written where that node does not listen on it (else 0)."""

    host: str
    closed_port: int = 0


def follows_somebody(node: DataNode) -> bool:
    """True if its file makes it a replica; ``replicaof no one`` does not."""
    directive = node.find("replicaof")
    return directive is not None and [word.lower() for word in directive.arguments] != ["no", "one"]


@dataclass
class AddressBook:
    """Names and addresses of the data nodes.

    ``called`` are further names and addresses of hosts, ``published`` maps ports of the machine to ports of a host: an address that
    nobody has, with such a port, is the machine's. ``floating`` maps addresses that hosts share in turn to those that may have them at the
    start. ``inferred`` are the addresses that were found to be a primary's, with its host.
    """

    data: Sequence[DataNode]
    sentinels: Sequence[SentinelNode]
    called: Mapping[str, Collection[str]] = field(default_factory=dict)
    published: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    inferred: dict[str, str] = field(default_factory=dict)
    floating: Mapping[str, Collection[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._nodes = {node.host: node for node in self.data}
        self._ports = {node.host: [port for port in (node.plain_port, node.tls_port) if port] for node in self.data}
        self._claims = HostClaims((*self.data, *self.sentinels), self.called, self.floating)
        self._one_machine = on_one_machine((*self.data, *self.sentinels))
        self._primaries = [node.host for node in self.data if not follows_somebody(node)]

    def meant(self, directive: Directive, index: int, node: Node) -> ResolvedHost:
        """Resolve the address at ``index`` and the port after it, read in a file of ``node``'s.

        :raises BadInputError: no host or several could be meant.
        """
        address = directive.arguments[index].lower()
        port = directive.number(index + 1, 1, 65535)
        hosts = self._candidates(address, port, node)
        if not hosts:
            raise directive.bad(
                f"{address} is not the address of any data node here",
                "a host's folder name, or that address as its 'bind'",
            )
        matching = self._only_primary([host for host in hosts if self._reached(host, address, port)])
        if len(matching) == 1:
            return ResolvedHost(matching[0])
        if not matching and len(hosts) == 1:
            return ResolvedHost(hosts[0], closed_port=port)
        if not matching:
            raise directive.bad(f"none of {', '.join(hosts)} listens on port {port}", "the port of the host meant")
        raise directive.bad(f"{address}:{port} could be {' or '.join(matching)}", "the folder name of the host meant")

    def _candidates(self, address: str, port: int, node: Node) -> list[str]:
        """The hosts of data nodes that an address may mean; with the port, where the address alone does not say it."""
        if is_loopback(address):
            return self._on_loopback(port, node)
        if address in self.floating:
            return list(self.floating[address])
        claims = self._claims
        announced = self._with_data(claims.announced.get(address, set()))
        return (
            self._with_data(claims.own(address))
            or [host for host in announced if self._announces(host, address, port)]
            or [host for host in announced if self._reached(host, address, port)]
            or self._with_data(claims.by_first_label(address))
            or self._behind(port)
            or self._infer(address, port)
            or announced
        )

    def _with_data(self, hosts: Collection[str]) -> list[str]:
        return sorted(host for host in hosts if host in self._ports)

    def _announces(self, host: str, address: str, port: int) -> bool:
        """True if a host's data node announces just this address and port."""
        node = self._nodes[host]
        return announced_address(node) == address and (announced_port(node) or node.port) == port

    def _reached(self, host: str, address: str, port: int) -> bool:
        """True if a host's data node is reached there: it listens on the port, the machine's leads to it, or it announces it.

        One that announces this address with another port is not: whoever has the address hands on that port only.
        """
        node = self._nodes[host]
        elsewhere = announced_address(node) == address and announced_port(node) not in (0, port)
        if elsewhere and address not in self._own_words(node) and address not in self.floating:
            return False
        return self._through(host, port) in self._ports[host] or port == announced_port(node)

    def _own_words(self, node: DataNode) -> set[str]:
        return {node.host.lower(), *bound_addresses(node), *(word.lower() for word in self.called.get(node.host, ()))}

    def _only_primary(self, hosts: list[str]) -> list[str]:
        """Of several hosts that have one address, the only primary: who follows or monitors an address means the one that leads."""
        primaries = [host for host in hosts if host in self._primaries]
        return primaries if len(primaries) == 1 else hosts

    def _through(self, host: str, port: int) -> int:
        """The port of a host that a port means: its own, else the one that the machine's leads to."""
        return port if port in self._ports[host] else self.published.get(host, {}).get(port, port)

    def _behind(self, port: int) -> list[str]:
        """The host that a port of the machine leads to."""
        return [host for host in self._ports if self.published.get(host, {}).get(port) in self._ports[host]]

    def _on_loopback(self, port: int, node: Node) -> list[str]:
        listening = [host for host, own in self._ports.items() if port in own]
        if not self._one_machine and node.host in self._ports:
            return [node.host]
        if isinstance(node, DataNode):
            return [host for host in listening if host != node.host]
        return [node.host] if node.host in listening else listening

    def _infer(self, address: str, port: int) -> list[str]:
        """The only primary (of several, the only one with that port), where it gives no address of its own and this is the first of its
        kind (name or IP address)."""
        several = len(self._primaries) > 1
        meant = [host for host in self._primaries if not several or port in self._ports[host]]
        if len(meant) != 1 or self._gives_address(meant[0]):
            return []
        is_ip = ip_of(address) is not None
        same_kind = [
            each for each, host in self.inferred.items() if host == meant[0] and (ip_of(each) is not None) == is_ip
        ]
        if same_kind and address not in same_kind:
            return []
        self.inferred[address] = meant[0]
        return meant

    def _gives_address(self, host: str) -> bool:
        """True if some file of a host says what its address is, and does not only repeat another host's."""
        bound = any(host in hosts for hosts in self._claims.bound.values())
        announced = [address for address, hosts in self._claims.announced.items() if host in hosts]
        return bound or any(not self._claims.own(address) - {host} for address in announced)
