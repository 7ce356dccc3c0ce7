"""Which host an address or name in the user's files means.

A host is known by its folder's name, and by the addresses that its own files give it: ``bind``, ``replica-announce-ip``,
``sentinel announce-ip``. 127.0.0.1 means the one data node with that port, or a Sentinel's own host. Where the only primary (of
several, the only one with that port) gives no address of its own, the one unknown address (and the one unknown name) that all others
use must be it. Anything else is refused.
"""

import ipaddress
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from jsquared.topology.directives import Directive
from jsquared.topology.spec import DataNode, Node, SentinelNode

_LOCAL_NAMES = ("localhost", "localhost.localdomain", "ip6-localhost")


def _ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _is_loopback(text: str) -> bool:
    address = _ip(text)
    return address.is_loopback if address else text.lower() in _LOCAL_NAMES


def _own_addresses(node: Node) -> set[str]:
    """What a node's own file calls its host, without wildcards and loopback."""
    written: list[str] = []
    for key in ("bind", "replica-announce-ip", "sentinel announce-ip"):
        directive = node.find(key)
        written += directive.arguments if directive else ()
    plain = (text.removeprefix("-").lower() for text in written)
    return {text for text in plain if not _is_anybody(text)}


def _is_anybody(text: str) -> bool:
    address = _ip(text)
    return text in ("", "*", "::*") or _is_loopback(text) or bool(address and address.is_unspecified)


@dataclass(frozen=True)
class Meant:
    """The host of a data node, and the port that was written where that node does not listen on it (else 0)."""

    host: str
    closed_port: int = 0


class AddressBook:
    """Names and addresses of the data nodes.

    ``called`` are further names and addresses of hosts, ``published`` maps ports of the machine to ports of a host: an address that
    nobody has, with such a port, is the machine's.
    """

    def __init__(
        self,
        data: Sequence[DataNode],
        sentinels: Sequence[SentinelNode],
        called: Mapping[str, Collection[str]] | None = None,
        published: Mapping[str, Mapping[int, int]] | None = None,
    ) -> None:
        self._published = {host: ports for host, ports in (published or {}).items() if ports}
        self._ports = {node.host: [port for port in (node.plain_port, node.tls_port) if port] for node in data}
        self._announced = {node.host: node.value("replica-announce-port") for node in data}
        self._names: dict[str, set[str]] = {}
        self._own: dict[str, set[str]] = {node.host: set() for node in data}
        nodes: tuple[Node, ...] = (*data, *sentinels)
        for node in nodes:
            if node.host in self._own:
                self._own[node.host] |= _own_addresses(node)
        for host, own in self._own.items():
            for name in {host.lower(), *own, *(word.lower() for word in (called or {}).get(host, ()))}:
                self._names.setdefault(name, set()).add(host)
        self._primaries = [node.host for node in data if node.find("replicaof") is None]
        self._inferred: dict[tuple[str, bool], str] = {}

    def meant(self, directive: Directive, index: int, node: Node) -> Meant:
        """What the address at ``index`` and the port after it mean, read in a file of ``node``'s.

        :raises BadInputError: no host or several could be meant.
        """
        address = directive.arguments[index].lower()
        port = directive.number(index + 1, 1, 65535)
        hosts = self._candidates(address, port, node)
        if not hosts:
            raise directive.bad(
                f"{address} is the address of no data node here", "a host's folder name, or that address as its 'bind'"
            )
        matching = [
            host
            for host in hosts
            if self._through(host, port) in self._ports[host] or str(port) == self._announced[host]
        ]
        if len(matching) == 1:
            return Meant(matching[0])
        if not matching and len(hosts) == 1:
            return Meant(hosts[0], closed_port=port)
        if not matching:
            raise directive.bad(f"none of {', '.join(hosts)} listens on port {port}", "the port of the host meant")
        raise directive.bad(f"{address}:{port} could be {' or '.join(matching)}", "the folder name of the host meant")

    def _candidates(self, address: str, port: int, node: Node) -> list[str]:
        if _is_loopback(address):
            return self._on_loopback(port, node)
        known = self._names.get(address) or self._names.get(self._first_label(address), set())
        return sorted(known) or self._behind(port) or self._infer(address, port)

    def _through(self, host: str, port: int) -> int:
        """The port of a host that a port means: its own, else the one that the machine's leads to."""
        return port if port in self._ports[host] else self._published.get(host, {}).get(port, port)

    def _behind(self, port: int) -> list[str]:
        """The host that a port of the machine leads to."""
        return [host for host in self._ports if self._published.get(host, {}).get(port) in self._ports[host]]

    @staticmethod
    def _first_label(address: str) -> str:
        """``n1`` of ``n1.example.com``; an IP address has none."""
        return "" if _ip(address) else address.partition(".")[0]

    def _on_loopback(self, port: int, node: Node) -> list[str]:
        others = [host for host, own in self._ports.items() if port in own]
        if isinstance(node, DataNode):
            return [host for host in others if host != node.host]
        return [node.host] if node.host in others else others

    def _infer(self, address: str, port: int) -> list[str]:
        """The only primary (of several, the only one with that port), where it gives no address of its own and this is the first of its
        kind (name or IP address)."""
        several = len(self._primaries) > 1
        meant = [host for host in self._primaries if not several or port in self._ports[host]]
        if len(meant) != 1 or self._own[meant[0]]:
            return []
        kind = (meant[0], _ip(address) is not None)
        return meant if self._inferred.setdefault(kind, address) == address else []
