"""Links by routing netlink: a bridge as the switch, a virtual cable to each host, addresses and neighbours.

Interface numbers and hardware addresses are chosen here rather than asked for, so a whole network is a few datagrams. Every
host knows every other's hardware address from the start: no packet waits for ARP, and a cut never turns into "no route to
host", which a router's or a firewall's silent loss would not either. Formats: ``linux/rtnetlink.h``, ``linux/if_link.h``.
"""

import contextlib
import socket
import struct
import time
from collections.abc import Iterable
from pathlib import Path

from jsquared.sandbox.linux import syscalls
from jsquared.sandbox.linux.netlink import CREATE, EXCLUSIVE, Message, Netlink, attribute, attributes, nested, text, u32

NETLINK_ROUTE = 0
LOOPBACK_INDEX = 1
SWITCH_INDEX = 2
SWITCH_NAME = "switch"
HOST_LINK_INDEX = 2
_PORT_INDEX_BASE = 100

_NEWLINK, _GETLINK, _NEWADDR, _DELADDR, _NEWNEIGH = 16, 18, 20, 21, 28
_UP = 1
_OPERSTATE_UP = 6
_IFLA_ADDRESS, _IFLA_IFNAME, _IFLA_MASTER, _IFLA_OPERSTATE, _IFLA_LINKINFO, _IFLA_NET_NS_FD = 1, 3, 10, 16, 18, 28
_INFO_KIND, _INFO_DATA = 1, 2
_BRIDGE_STP_STATE, _BRIDGE_MULTICAST_SNOOPING = 5, 23
_VETH_PEER = 1
_PERMANENT, _STATIC = 0x80, 0x40
_TO_MASTER = 0x04
_FAMILY_BRIDGE = 7
_READY_LIMIT_S = 5.0


def port_index(number: int) -> int:
    """The interface number of host ``number``'s port on the switch."""
    return _PORT_INDEX_BASE + number


def port_name(number: int) -> str:
    """The name of host ``number``'s port on the switch."""
    return f"host{number}"


def hardware_address(number: int) -> bytes:
    """A locally administered Ethernet address; number 0 is the switch itself."""
    return bytes((0x02, 0x4A, 0x32, 0, number >> 8, number & 0xFF))


def _link(index: int, *parts: bytes, flags: int = _UP) -> bytes:
    return struct.pack("=BxHiII", 0, 0, index, flags, flags) + b"".join(parts)


def _kind(name: str, *data: bytes) -> bytes:
    return nested(_IFLA_LINKINFO, text(_INFO_KIND, name), nested(_INFO_DATA, *data))


def link_up(index: int) -> Message:
    """Switch an interface on."""
    return Message(_NEWLINK, _link(index))


def add_switch() -> Message:
    """A bridge that forwards at once: no spanning tree, and multicast is flooded like anything else."""
    options = u32(_BRIDGE_STP_STATE, 0) + attribute(_BRIDGE_MULTICAST_SNOOPING, b"\0")
    name = text(_IFLA_IFNAME, SWITCH_NAME) + attribute(_IFLA_ADDRESS, hardware_address(0))
    return Message(_NEWLINK, _link(SWITCH_INDEX, name, _kind("bridge", options)), CREATE | EXCLUSIVE)


def add_cable(number: int, network_fd: int) -> Message:
    """A virtual cable from the switch to ``eth0`` of the host whose network namespace ``network_fd`` is."""
    far_end = _link(
        HOST_LINK_INDEX,
        text(_IFLA_IFNAME, "eth0"),
        attribute(_IFLA_ADDRESS, hardware_address(number)),
        u32(_IFLA_NET_NS_FD, network_fd),
        flags=0,  # the far end is made first and cannot come up before the near end exists
    )
    near_end = text(_IFLA_IFNAME, port_name(number)) + u32(_IFLA_MASTER, SWITCH_INDEX)
    body = _link(port_index(number), near_end, _kind("veth", attribute(_VETH_PEER, far_end)))
    return Message(_NEWLINK, body, CREATE | EXCLUSIVE)


def add_address(index: int, address: str, prefix_bits: int) -> Message:
    """An IPv4 address; the first one of a network is the source that unbound sockets get."""
    return Message(_NEWADDR, _address(index, address, prefix_bits), CREATE | EXCLUSIVE)


def remove_address(index: int, address: str, prefix_bits: int) -> Message:
    """Take an IPv4 address away, with the route that came with it."""
    return Message(_DELADDR, _address(index, address, prefix_bits))


def _address(index: int, address: str, prefix_bits: int) -> bytes:
    packed = socket.inet_aton(address)
    return struct.pack("=BBBBI", socket.AF_INET, prefix_bits, 0, 0, index) + attribute(2, packed) + attribute(1, packed)


def add_neighbour(index: int, address: str, number: int) -> Message:
    """A permanent entry: that address is at that host's hardware address."""
    body = struct.pack("=BxxxiHBB", socket.AF_INET, index, _PERMANENT, 0, 0)
    body += attribute(1, socket.inet_aton(address)) + attribute(2, hardware_address(number))
    return Message(_NEWNEIGH, body, CREATE)


def add_forwarding(number: int) -> Message:
    """Tell the switch which port a host is at, so that no frame is ever flooded to (and counted towards) another."""
    body = struct.pack("=BxxxiHBB", _FAMILY_BRIDGE, port_index(number), _STATIC, _TO_MASTER, 0)
    return Message(_NEWNEIGH, body + attribute(2, hardware_address(number)), CREATE)


def is_up(netlink: Netlink, index: int) -> bool:
    """True if the interface transmits: switched on, its cable live, and the kernel has acted on both."""
    (answer,) = netlink.ask(Message(_GETLINK, _link(index)))
    return dict(attributes(answer[16:])).get(_IFLA_OPERSTATE) == bytes((_OPERSTATE_UP,))


def wait_up(netlink: Netlink, indexes: Iterable[int]) -> None:
    """Return once all of them transmit.

    :raises TimeoutError: one does not within 5 s.
    """
    deadline = time.monotonic() + _READY_LIMIT_S
    for index in indexes:
        while not is_up(netlink, index):
            if time.monotonic() > deadline:
                raise TimeoutError(f"interface {index} does not come up")
            time.sleep(0.0005)


def new_network() -> int:
    """A descriptor of a new network namespace whose interfaces will be free of IPv6 autoconfiguration."""
    with syscalls.keeping_network():
        syscalls.unshare(syscalls.CLONE_NEWNET)
        without_ipv6()
        return syscalls.own_network()


def without_packet_filters() -> None:
    """Keep frames on switches of this thread's network namespace away from iptables, which no host of the lab has rules in.

    A machine that runs containers has loaded ``br_netfilter``, which sends each frame of every bridge through three more hooks.
    Source: the kernel's Documentation/networking/ip-sysctl.rst, ``bridge-nf-call-*``. Cuts are rules of the bridge family: these stay.
    """
    for family in ("iptables", "ip6tables", "arptables"):
        with contextlib.suppress(OSError):  # the module is not loaded, or /proc/sys is read-only: slower, nothing more
            Path(f"/proc/sys/net/bridge/bridge-nf-call-{family}").write_text("0")


def without_ipv6() -> None:
    """Keep interfaces made from now on in this thread's network namespace free of IPv6 autoconfiguration and its traffic."""
    setting = Path("/proc/sys/net/ipv6/conf/default/disable_ipv6")
    try:
        setting.write_text("1")
    except OSError:  # a kernel without IPv6, or a read-only /proc/sys: a little noise on the switch, nothing more
        return
