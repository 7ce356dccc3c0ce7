"""What a node's own lines say of its address."""

import ipaddress

from jsquared.topology.spec import DATA_PORT, SENTINEL_PORT, DataNode, Node

OWN_ADDRESS = ("bind", "replica-announce-ip", "sentinel announce-ip")
_LOCAL_NAMES = ("localhost", "localhost.localdomain", "ip6-localhost")


def ip_of(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The IP address that a word is, None for a name."""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def is_loopback(text: str) -> bool:
    """Whether only processes on the same machine reach this address."""
    address = ip_of(text.removeprefix("-"))
    return address.is_loopback if address else text.lower() in _LOCAL_NAMES


def _is_any(text: str) -> bool:
    address = ip_of(text)
    return text in ("", "*", "::*") or bool(address and address.is_unspecified)


def own_addresses(node: Node) -> set[str]:
    """The addresses and names that its own file gives its machine, without wildcards and loopback."""
    lines = [directive for key in OWN_ADDRESS if (directive := node.find(key))]
    words = {word.removeprefix("-").lower() for line in lines for word in line.arguments}
    return {word for word in words if not _is_any(word) and not is_loopback(word)}


def port_of(node: Node) -> str:
    """The port that others reach it by: the plain one, or that for TLS where it is announced or the only one."""
    port = node.value("port", str(DATA_PORT if isinstance(node, DataNode) else SENTINEL_PORT))
    tls = node.value("tls-port", "0")
    return tls if tls != "0" and (port == "0" or node.is_on("tls-replication")) else port
