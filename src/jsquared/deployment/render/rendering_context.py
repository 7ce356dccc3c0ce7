"""Where a deployment is rendered for: the addresses, ports and folders that its nodes have here, and what leads where."""

from collections.abc import Callable
from dataclasses import dataclass, field
from os import PathLike
from typing import Literal

from jsquared.deployment.model.directives import Directive
from jsquared.deployment.model.host_names import Names
from jsquared.deployment.model.spec import DataNode, Deployment, Node
from jsquared.deployment.model.whereabouts import Spot, Whereabouts
from jsquared.deployment.render.certificates import Material
from jsquared.records.plan import Engine

Role = Literal["data", "sentinel", "client"]
Addresses = Callable[[str, Role], str]
Words = tuple[str, ...]


@dataclass(frozen=True)
class Ports:
    """The TCP ports of a node here, 0 where it has none: without TLS, with TLS, and the one that others know it by."""

    plain: int
    tls: int
    known: int


@dataclass(frozen=True)
class Place:
    """Where a deployment is rendered for. ``ports`` maps node names to the ports that they have here."""

    deployment: Deployment
    addresses: Addresses
    directory: Callable[[str], PathLike[str]]
    engine: Engine
    seed: int
    ports: "dict[str, Ports]"
    names: Names
    where: Whereabouts
    material: Material | None = None
    """Throw-away certificates, where the user's own are not on this machine."""
    floating: dict[str, str] = field(default_factory=dict)
    """Addresses that hosts share in turn, as written, to those that stand for them here."""
    copied_acls: dict[str, str] = field(default_factory=dict)
    """Node names to why their ACL file is a copy here."""

    def folder(self, node: Node) -> str:
        """The folder of a node."""
        return f"{self.directory(node.host)}/{node.name}"

    def own_address(self, node: Node) -> str:
        """The address of a node's role on its host."""
        return own_address(node, self.addresses)

    def here(self, spot: Spot) -> Words:
        """Address and port that stand here for what a line leads to; a closed port stays one, and nobody's address nobody's."""
        if spot.node is None:
            own_network = spot.is_loopback and not self.all_on_loopback
            return (spot.address if own_network else self.nobodys_address(spot.address)), str(spot.port)
        if spot.address in self.floating:
            return self.floating[spot.address], self._port(spot)
        return self.own_address(spot.node), self._port(spot)

    def _port(self, spot: Spot) -> str:
        assert spot.node is not None
        ports = self.ports[spot.node.name]
        here = {spot.node.tls_port: ports.tls, spot.node.plain_port: ports.plain}
        return str((here.get(spot.port, 0) or ports.known) if spot.open else spot.port)

    def waits_for_address(self, node: Node) -> bool:
        """True if a floating address may come to a node's host."""
        return any(one.address in self.floating and node.host in one.hosts for one in self.deployment.floating)

    def floated(self, word: str) -> str:
        """A word of ``bind`` with the address that stands here for a floating one."""
        plain = word.removeprefix("-")
        return word.removesuffix(plain) + self.floating.get(plain, plain)

    @property
    def all_on_loopback(self) -> bool:
        """True if hosts share the machine's loopback network, where 127.0.0.1 would be everybody's."""
        return self.own_address(self.deployment.nodes[0]).startswith("127.")

    def keeps_loopback(self, directive: Directive, at: int) -> bool:
        """True if a line means its own host by the address at that place, whichever host it is on."""
        address = directive.arguments[at] if len(directive.arguments) > at else ""
        return self.where.only_itself(address) and not self.all_on_loopback

    def nobodys_address(self, written: str) -> str:
        """An address that no host has here, the same one for the same word."""
        return self.addresses(f"nobody at {written}", "data")

    def data_address(self, node: DataNode, written: str = "") -> Words:
        """Address and port of a data node.

        :param written: the port as a line of the user's has it: a TLS port stays the TLS port, a plain one the plain one.
        """
        ports = self.ports[node.name]
        here = {str(node.tls_port): ports.tls, str(node.plain_port): ports.plain}
        return (self.addresses(node.host, "data"), str(here.get(written, 0) or ports.known))

    @property
    def has_source_address(self) -> bool:
        """True if the engine knows ``bind-source-addr``: Redis 7.0 and later, every Valkey."""
        major = self.engine.version.partition(".")[0]
        return self.engine.name == "valkey" or not major.isdecimal() or int(major) >= 7


def own_address(node: Node, addresses: Addresses) -> str:
    """The address of a node's role on its host."""
    return addresses(node.host, "data" if isinstance(node, DataNode) else "sentinel")


def free_ports(deployment: Deployment, addresses: Addresses) -> dict[str, Ports]:
    """Each node's ports: its own, unless an earlier node has it on the same address; then the next free one."""
    wanted = {
        (own_address(node, addresses), port) for node in deployment.nodes for port in (node.plain_port, node.tls_port)
    }
    taken: set[tuple[str, int]] = set()
    ports: dict[str, Ports] = {}
    for node in deployment.nodes:
        address = own_address(node, addresses)
        plain = _free_port(address, node.plain_port, taken, wanted)
        # A port that the node wants twice it gets twice: that it cannot start so is not for the lab to mend.
        own = {(address, plain)} if node.plain_port != node.tls_port else set()
        tls = _free_port(address, node.tls_port, taken | own, wanted)
        taken |= {(address, plain), (address, tls)}
        ports[node.name] = Ports(plain, tls, tls if node.tls else plain)
    return ports


def _free_port(address: str, own: int, taken: set[tuple[str, int]], wanted: set[tuple[str, int]]) -> int:
    port = own
    while port and ((address, port) in taken or (port != own and (address, port) in wanted)):
        port = port + 1 if port < 65535 else 1024
    return port
