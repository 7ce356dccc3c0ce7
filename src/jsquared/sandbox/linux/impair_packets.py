"""Raw packet sockets on the switch: what a host sends is received whole, and frames go out on the switch in a host's name.

Formats and options: packet(7), ``linux/if_packet.h``, ``linux/filter.h``, socket(7).
"""

import ctypes
import errno
import socket
import struct
from collections.abc import Iterable

from jsquared.sandbox.linux.links import SWITCH_NAME

_EVERY_PROTOCOL = 0x0003
_IPV4 = 0x0800
_SOL_PACKET = 263
_PACKET_STATISTICS = 6
_PACKET_VNET_HDR = 15
_PACKET_IGNORE_OUTGOING = 23
_SO_ATTACH_FILTER = 26
_SO_MARK = 36
_SO_RCVBUFFORCE = 33
_RECEIVE_BYTES = 16 << 20

# Instructions of the classic packet filter: load word, half, byte; the IPv4 header's length into X; halves relative to X.
_LD_W, _LD_H, _LD_B, _LDX_IHL, _LD_H_X = 0x20, 0x28, 0x30, 0xB1, 0x48
_JEQ, _RET = 0x15, 0x06
_ETHERTYPE_AT, _IP_AT, _PROTOCOL_AT, _SOURCE_AT, _DESTINATION_AT = 12, 14, 23, 26, 30
_ALL = 0xFFFFFFFF
_REJECT = struct.pack("=HBBI", _RET, 0, 0, 0)

AddressPair = tuple[bytes, int]
"""Source and destination IPv4 address as 8 bytes, and a port that must be at one end of it (0: any)."""


def receiver(port_name: str) -> socket.socket:
    """A socket that receives what comes in at a port of the switch; nothing before :func:`select_pairs` is called.

    :raises OSError: the kernel refuses.
    """
    made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)
    try:
        select_pairs(made, ())
        made.setsockopt(_SOL_PACKET, _PACKET_VNET_HDR, 1)
        made.setsockopt(_SOL_PACKET, _PACKET_IGNORE_OUTGOING, 1)
        _enlarge(made)
        made.bind((port_name, _EVERY_PROTOCOL))
    except OSError:
        made.close()
        raise
    return made


def sender(mark: int) -> socket.socket:
    """A socket that sends frames on the switch; rules know them by ``mark``, which stands for the port they came from.

    :raises OSError: the kernel refuses.
    """
    made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)
    try:
        select_pairs(made, ())
        made.setsockopt(_SOL_PACKET, _PACKET_VNET_HDR, 1)
        made.setsockopt(socket.SOL_SOCKET, _SO_MARK, mark)
        made.bind((SWITCH_NAME, _IPV4))
    except OSError:
        made.close()
        raise
    return made


def select_pairs(target: socket.socket, pairs: Iterable[AddressPair]) -> None:
    """Let the socket receive packets of these pairs and no others, from one moment on.

    :raises OSError: the kernel refuses, for example more than 4096 instructions.
    """
    program = packet_filter(pairs)
    code = ctypes.create_string_buffer(program, len(program))
    target.setsockopt(
        socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("@HP", len(program) // 8, ctypes.addressof(code))
    )


def take_missed(target: socket.socket) -> int:
    """Packets that found no room in the socket since this was last asked."""
    _, missed = struct.unpack("=II", target.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8))
    return int(missed)


def packet_filter(pairs: Iterable[AddressPair]) -> bytes:
    """The program that accepts IPv4 packets of these pairs."""
    checks = b"".join(_accept(pair, port) for pair, port in sorted(set(pairs)))
    return b"".join((_step(_LD_H, _ETHERTYPE_AT), _step(_JEQ, _IPV4, 1, 0), _REJECT, checks, _REJECT))


def _accept(pair: bytes, port: int) -> bytes:
    """Accept when it is this pair; else go on behind."""
    rest = _accept_port(port) if port else _step(_RET, _ALL)
    behind = len(rest) // 8
    source, destination = struct.unpack(">II", pair)
    return b"".join((
        _step(_LD_W, _SOURCE_AT),
        _step(_JEQ, source, 0, behind + 2),
        _step(_LD_W, _DESTINATION_AT),
        _step(_JEQ, destination, 0, behind),
        rest,
    ))  # fmt: skip


def _accept_port(port: int) -> bytes:
    return b"".join((
        _step(_LD_B, _PROTOCOL_AT),
        _step(_JEQ, socket.IPPROTO_TCP, 1, 0),
        _step(_JEQ, socket.IPPROTO_UDP, 0, 6),
        _step(_LDX_IHL, _IP_AT),
        _step(_LD_H_X, _IP_AT),
        _step(_JEQ, port, 2, 0),
        _step(_LD_H_X, _IP_AT + 2),
        _step(_JEQ, port, 0, 1),
        _step(_RET, _ALL),
    ))  # fmt: skip


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _enlarge(target: socket.socket) -> None:
    """Room for bursts: as much as the machine grants, beyond its usual limit where this process may."""
    target.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BYTES)
    try:
        target.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _RECEIVE_BYTES)
    except OSError as refusal:
        if refusal.errno != errno.EPERM:
            raise
