"""Where an address and a port in the user's files lead: to which node, to a closed port of a host, or to no host.

Rewriting keeps these relations: what belongs to a host gets that host's address here, whoever names it and in whatever line, and what
belongs to no host gets an address that no host has.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from jsquared.deployment.model.addresses import (
    announced_address,
    announced_port,
    ip_of,
    is_loopback,
    listens_together,
    on_one_machine,
)
from jsquared.deployment.model.host_claims import HostClaims
from jsquared.deployment.model.spec import DataNode, Deployment, Node


@dataclass(frozen=True)
class Spot:
    """The destination of an address and a port: ``node`` is the node there, or the host's owner (None: no host has the address).

    ``address`` and ``port`` are as written, the address in lower case. ``open`` says whether the node is reached there.
    """

    node: Node | None
    address: str
    port: int
    open: bool = False

    @property
    def is_loopback(self) -> bool:
        """True if it is the reader's own machine, whichever that is."""
        return self.node is None and is_loopback(self.address)


class Whereabouts:
    """Answers for one deployment."""

    def __init__(self, deployment: Deployment) -> None:
        self._nodes = deployment.nodes
        self._known = deployment.host_names
        self._floating = {one.address: one for one in deployment.floating}
        self._claims = HostClaims(deployment.nodes, self._known.called, self._floating)
        self._one_machine = on_one_machine(deployment.nodes)
        self._without = [
            host for host in dict.fromkeys(node.host for node in self._nodes) if not self._gives_address(host)
        ]
        self._found = {**self._known.inferred, **self._likely_replicas()}

    @property
    def all_give_addresses(self) -> bool:
        """True if the address of every host is known, so that any other certainly belongs to no host."""
        return not self._without

    def _gives_address(self, host: str) -> bool:
        claimed = any(
            host in hosts for claims in (self._claims.bound, self._claims.announced) for hosts in claims.values()
        )
        return claimed or host in self._known.inferred.values() or ip_of(host) is not None

    def _likely_replicas(self) -> dict[str, str]:
        """Addresses that Sentinels know replicas by and no file gives, with the hosts of replicas that give none, where these are as many:
        which of them is which cannot be told, and nobody's they are not."""
        lines = [line for node in self._nodes for line in node.all("sentinel known-replica") if len(line.arguments) > 2]
        words = {line.arguments[1].lower() for line in lines}
        unknown = [word for word in words if ip_of(word) and not is_loopback(word) and not self._is_somebodys(word)]
        hosts = [node.host for node in self._nodes if isinstance(node, DataNode) and node.replica_of]
        silent = [host for host in hosts if host in self._without]
        return dict(zip(sorted(unknown), silent, strict=True)) if len(unknown) == len(silent) else {}

    def _is_somebodys(self, address: str) -> bool:
        return bool(self._claims.own(address) or self._claims.announced.get(address)) or address in self._known.inferred

    def at(self, address: str, port: int, *, like: Node) -> Spot:
        """Where a line leads that means a node of the same kind as ``like``, which has the line or is what it is about."""
        address = address.lower()
        if self.only_itself(address):
            return Spot(None, address, port)
        if is_loopback(address):
            return self._among(self._nodes, address, port, like)
        if address in self._floating:
            return self._on([self._floating[address].starts_on], address, port, like)
        if owners := self._claims.own(address):
            return self._on(owners, address, port, like)
        if (announcing := self._announcing(address, port, like)) is not None:
            return Spot(announcing, address, port, open=True)
        hosts = (
            {self._found[address]}
            if address in self._found
            else self._claims.by_first_label(address)
            or self._behind(port)
            or self._claims.announced.get(address, set())
        )
        return self._on(hosts, address, port, like)

    def only_itself(self, address: str) -> bool:
        """True if an address is each host itself, and not one machine that all run on."""
        return is_loopback(address) and not self._one_machine

    def only_elsewhere(self, address: str, node: Node) -> Node | None:
        """The first node of the hosts that an address belongs to, where a node's own host is none of them."""
        owners = self._claims.own(address.lower())
        there = [other for other in self._nodes if other.host in owners and node.host not in owners]
        return next(iter(there), None)

    def holder(self, node: Node) -> Node | None:
        """The node that has a port which another one wants too, and does not get: the first of them; None if no node has it."""
        before = self._nodes[: self._nodes.index(node)]
        return next((other for other in before if listens_together(node, other, self._floating)), None)

    def announced_by(self, node: Node) -> Spot:
        """Where the others look for a node: at what it announces, which may be another host's, else at its own address."""
        address = announced_address(node)
        port = announced_port(node) or node.port
        if self.only_itself(address):
            return Spot(None, address, port)
        if address in self._floating:
            return Spot(node, address, port, open=self._leads_in(node, port))
        owners = self._claims.own(address)
        if address and not is_loopback(address) and node.host not in owners:
            if owners:
                return self._on(owners, address, port, node)
            # What stands before it, and hands on whatever port it announces; of several with one port, the first gets all.
            return Spot(self._announcing(address, port, node) or node, address, port, open=True)
        return Spot(node, address, port, open=self._leads_in(node, port))

    def _announcing(self, address: str, port: int, like: Node) -> Node | None:
        """The first node of a kind that announces just this address and port, where it is not another host's own."""
        return next(
            (
                node
                for node in self._nodes
                if isinstance(node, DataNode) == isinstance(like, DataNode)
                and announced_address(node) == address
                and (announced_port(node) or node.port) == port
            ),
            None,
        )

    def _behind(self, port: int) -> set[str]:
        """The hosts that a port of the machine leads to."""
        return {host for host, ports in self._known.published.items() if port in ports}

    def _on(self, hosts: Iterable[str], address: str, port: int, like: Node) -> Spot:
        return self._among([node for node in self._nodes if node.host in hosts], address, port, like)

    def _among(self, nodes: Iterable[Node], address: str, port: int, like: Node) -> Spot:
        """The node that is reached there, those of the same kind first; else a closed port of the first of them."""
        ordered = sorted(nodes, key=lambda node: isinstance(node, DataNode) != isinstance(like, DataNode))
        listening = [node for node in ordered if self._leads_in(node, port)]
        primary = [node for node in listening if not (isinstance(node, DataNode) and node.replica_of)]
        found = next(iter(primary or listening or ordered), None)
        return Spot(found, address, port, open=bool(listening))

    def _leads_in(self, node: Node, port: int) -> bool:
        """True if a port of a node's host leads to it: it listens there, or the machine's port leads to where it does."""
        inside = self._known.published.get(node.host, {}).get(port)
        listens = {node.plain_port, node.tls_port} - {0}
        return port in listens or inside in listens


def is_mapped(node: Node, spot: Spot) -> bool:
    """True if something before a node must be believed to hand the port that it announces on to the one that it listens on."""
    return spot.open and spot.node is node and spot.port not in (node.plain_port, node.tls_port)
