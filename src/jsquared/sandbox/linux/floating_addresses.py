"""Addresses that hosts of one network share in turn, on real interfaces, and what such hosts tell each other.

An address that moves is found as on any Ethernet: by ARP, and by the unasked announcement of the host that has just taken it. What the
hosts tell each other are broadcast frames, as those of VRRP are, so the cut of a whole host cuts these too, and nothing else does.
"""

import contextlib
import socket
import struct
from pathlib import Path

from jsquared.errors import SandboxError
from jsquared.sandbox.linux import links
from jsquared.sandbox.linux.network import Network
from jsquared.sandbox.linux.refusal import explain_network

PREFIX = "10.77.9"
MOST = 200
_WORDS = 0x88B5
"""The Ethernet type that is kept free for local experiments (IEEE 802)."""
_ARP = 0x0806
_EVERYBODY = b"\xff" * 6
_ETHERNET = struct.Struct("!6s6sH")
_ARP_REQUEST = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1)
_LENGTH = struct.Struct("!H")
_LARGEST_FRAME = 2048
_LINK = "eth0"


class Floating:
    """The floating addresses of one trial's network: who has them is asked for by whoever moves them."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._had: set[tuple[str, str]] = set()
        self._sockets: dict[str, socket.socket] = {}

    def address(self, number: int) -> str:
        """``10.77.9.<number>``, which no host has for itself.

        :raises SandboxError: there are no so many.
        """
        if not 1 <= number <= MOST:
            raise SandboxError(f"more than {MOST} floating addresses", where="namespaces")
        return f"{PREFIX}.{number}"

    def take(self, host: str, address: str) -> None:
        """Put an address on a host, if it is not there yet, and announce it to all whom that reaches.

        :raises SandboxError: there is no such host, or the kernel refuses.
        """
        try:
            if (host, address) not in self._had:
                self._network.tell(host, [links.add_address(links.HOST_LINK_INDEX, address, 32)])
                self._had.add((host, address))
            self._socket(host).send(_announcement(self._hardware(host), address))
        except OSError as error:
            raise explain_network(error, "moving a floating address", "af_packet") from error

    def give_up(self, host: str, address: str) -> None:
        """Take an address from a host; nothing where it has it not.

        :raises SandboxError: the kernel refuses.
        """
        if (host, address) not in self._had:
            return
        try:
            self._network.tell(host, [links.remove_address(links.HOST_LINK_INDEX, address, 32)])
        except OSError as error:
            raise explain_network(error, "moving a floating address", "af_packet") from error
        self._had.discard((host, address))

    def allow_early_binds(self, host: str) -> None:
        """Let servers of a host listen on addresses that it does not have yet: ``net.ipv4.ip_nonlocal_bind``.

        :raises SandboxError: the setting cannot be made here.
        """
        try:
            with self._network.inside(host):
                Path("/proc/sys/net/ipv4/ip_nonlocal_bind").write_text("1")
        except OSError as error:
            what = f"net.ipv4.ip_nonlocal_bind cannot be set: {error.strerror}"
            raise SandboxError(what, where="namespaces", hint="a writable /proc/sys/net") from error

    def say(self, host: str, words: bytes) -> None:
        """Tell all other hosts something, as far as it reaches them.

        :raises SandboxError: there is no such host, or the kernel refuses.
        """
        frame = _ETHERNET.pack(_EVERYBODY, self._hardware(host), _WORDS) + _LENGTH.pack(len(words)) + words
        try:
            self._socket(host).send(frame)
        except OSError as error:
            raise explain_network(error, "telling other hosts of a floating address", "af_packet") from error

    def heard(self, host: str) -> list[bytes]:
        """Return the messages that a host received since the last call, oldest first; from the first call or word of its own on.

        :raises SandboxError: there is no such host, or the kernel refuses.
        """
        found: list[bytes] = []
        try:
            listening = self._socket(host)
            while True:
                frame = listening.recv(_LARGEST_FRAME)
                (length,) = _LENGTH.unpack_from(frame, _ETHERNET.size)
                start = _ETHERNET.size + _LENGTH.size
                found.append(frame[start : start + length])
        except BlockingIOError:
            return found
        except OSError as error:
            raise explain_network(error, "hearing of a floating address", "af_packet") from error

    def close(self) -> None:
        """Let go of the hosts."""
        for each in self._sockets.values():
            with contextlib.suppress(OSError):
                each.close()
        self._sockets.clear()

    def _hardware(self, host: str) -> bytes:
        return links.hardware_address(self._network.number(host))

    def _socket(self, host: str) -> socket.socket:
        if host not in self._sockets:
            with self._network.inside(host):
                made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK, 0)
            made.bind((_LINK, _WORDS))
            self._sockets[host] = made
        return self._sockets[host]


def _announcement(hardware: bytes, address: str) -> bytes:
    """The frame with which a host says, unasked, that it has an address now: a gratuitous ARP request, as keepalived sends it."""
    packed = socket.inet_aton(address)
    body = _ARP_REQUEST + hardware + packed + _EVERYBODY + packed
    return _ETHERNET.pack(_EVERYBODY, hardware, _ARP) + body
