"""The address of a node according to its own lines."""

import ipaddress
from collections.abc import Collection
from functools import lru_cache

from jsquared.deployment.model.spec import DATA_PORT, SENTINEL_PORT, DataNode, Node

OWN_ADDRESS = ("bind", "replica-announce-ip", "sentinel announce-ip")
LOCAL_NAMES = ("localhost", "localhost.localdomain", "ip6-localhost")


@lru_cache(maxsize=1024)
def ip_of(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The IP address that a word is, None for a name."""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def is_loopback(text: str) -> bool:
    """True if only processes on the same machine reach this address."""
    address = ip_of(text.removeprefix("-"))
    return address.is_loopback if address else text.lower() in LOCAL_NAMES


def is_any(text: str) -> bool:
    """True if a word of ``bind`` means every address."""
    text = text.removeprefix("-")
    address = ip_of(text)
    return text in ("", "*", "::*") or bool(address and address.is_unspecified)


def _of_one_host(words: tuple[str, ...]) -> set[str]:
    """The words without wildcards and loopback, in lower case."""
    plain = {word.removeprefix("-").lower() for word in words}
    return {word for word in plain if not is_any(word) and not is_loopback(word)}


def bound_addresses(node: Node) -> set[str]:
    """The addresses that it listens on by its ``bind`` line, without wildcards and loopback.

    A ``-`` before one, which says that it may be missing, is left out.
    """
    directive = node.find("bind")
    return _of_one_host(directive.arguments) if directive else set()


def listens_together(node: Node, other: Node, floating: Collection[str] = ()) -> bool:
    """True if two servers want one port of one address, which the second of them does not get.

    Servers of one host do by any address that both listen on; those of different hosts where their files name the very same ones.

    :param floating: addresses that hosts share in turn, which make no two hosts one.
    """
    if not ({node.plain_port, node.tls_port} - {0}) & {other.plain_port, other.tls_port}:
        return False
    if node.host != other.host:
        own = bound_addresses(node).difference(floating)
        return bool(own) and own == bound_addresses(other).difference(floating)
    both_data = isinstance(node, DataNode) and isinstance(other, DataNode)  # which get their own ports here
    return not both_data and bool(_listened(node) & _listened(other) or not _listened(node) or not _listened(other))


def _listened(node: Node) -> set[str]:
    """Return the addresses of its ``bind`` line, loopback too; empty for everything."""
    directive = node.find("bind")
    words = {word.removeprefix("-").lower() for word in directive.arguments} if directive else set()
    return set() if any(map(is_any, words)) else words


def announces_line(node: Node) -> str:
    """The key of the line with which it announces an address."""
    return "replica-announce-ip" if isinstance(node, DataNode) else "sentinel announce-ip"


def announced_address(node: Node) -> str:
    """The address or name that it announces, in lower case; empty where it announces none."""
    return node.value(announces_line(node)).lower()


def announced_port(node: Node) -> int:
    """The port that it announces, 0 where it announces none or what is no port."""
    key = "replica-announce-port" if isinstance(node, DataNode) else "sentinel announce-port"
    text = node.value(key, "0")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0


def own_addresses(node: Node) -> set[str]:
    """The addresses and names that its own file gives its machine, without wildcards and loopback."""
    return bound_addresses(node) | _of_one_host((announced_address(node),))


def port_of(node: Node) -> str:
    """The port that others reach it by: the plain one, or that for TLS where it is announced or the only one."""
    port = node.value("port", str(DATA_PORT if isinstance(node, DataNode) else SENTINEL_PORT))
    tls = node.value("tls-port", "0")
    return tls if tls != "0" and (port == "0" or node.is_on("tls-replication")) else port


def on_one_machine(nodes: "tuple[Node, ...] | list[Node]") -> bool:
    """True if all could be processes of one machine: no two listen on the same port."""
    ports = [port_of(node) for node in nodes]
    return len(set(ports)) == len(ports)
