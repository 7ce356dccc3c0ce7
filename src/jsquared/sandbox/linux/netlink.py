"""Netlink: requests to the kernel as messages of nested attributes, several in one datagram.

Only what links and rules need. A datagram of many requests costs one round trip: only the last asks for an acknowledgement,
and the kernel reports every failure anyway. Formats: ``linux/netlink.h``.
"""

import os
import socket
import struct
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

REQUEST = 0x1
ACK = 0x4
DUMP = 0x300
EXCLUSIVE = 0x200
CREATE = 0x400
APPEND = 0x800

_ERROR = 2
_DONE = 3
_NESTED = 0x8000
_TYPE_MASK = 0x3FFF
_HEADER = struct.Struct("=IHHII")
_ATTRIBUTE = struct.Struct("=HH")
_RECEIVE_BYTES = 1 << 18
_SEND_BYTES = 4 << 20
"""A transaction is one datagram, and hundreds of rules are some 100 KB; the kernel grants less where it must."""
_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class Message:
    """One message: its kind, its flags beside REQUEST, and its body (fixed header and attributes)."""

    kind: int
    body: bytes
    flags: int = 0


def attribute(kind: int, value: bytes) -> bytes:
    """One attribute, padded to four bytes."""
    return _ATTRIBUTE.pack(len(value) + 4, kind) + value + b"\0" * (-len(value) % 4)


def nested(kind: int, *attributes: bytes) -> bytes:
    """An attribute that holds attributes."""
    return attribute(kind | _NESTED, b"".join(attributes))


def text(kind: int, value: str) -> bytes:
    """A zero-terminated string."""
    return attribute(kind, value.encode() + b"\0")


def u32(kind: int, value: int) -> bytes:
    """An unsigned number in the machine's byte order, as routing messages have it."""
    return attribute(kind, struct.pack("=I", value))


def be32(kind: int, value: int) -> bytes:
    """An unsigned number in network byte order, as netfilter messages have it."""
    return attribute(kind, struct.pack(">I", value))


def attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The attributes in ``data``, in order."""
    at = 0
    while at + 4 <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, at)
        yield kind & _TYPE_MASK, data[at + 4 : at + length]
        at += max(4, (length + 3) & ~3)


class Netlink:
    """A netlink socket in the network namespace of the thread that made it; usable from any thread afterwards."""

    def __init__(self, protocol: int) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BYTES)
        self._socket.bind((0, 0))
        self._socket.settimeout(_TIMEOUT_S)
        self._sequence = 1
        self._lock = threading.Lock()

    def run(self, messages: Iterable[Message]) -> None:
        """Have the kernel do all of them.

        :raises OSError: the first failure it reports; TimeoutError when it does not answer within 5 s.
        """
        with self._lock:
            for _ in self._answers(*self._send(list(messages), ACK)):
                pass

    def ask(self, message: Message) -> list[bytes]:
        """The bodies of the kernel's answers to one question (with :data:`DUMP` in its flags: all there are).

        :raises OSError: the kernel refuses; TimeoutError when it does not answer within 5 s.
        """
        with self._lock:
            return list(self._answers(*self._send([message], 0 if message.flags & DUMP == DUMP else ACK)))

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def __enter__(self) -> "Netlink":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _send(self, messages: list[Message], last_flags: int) -> tuple[int, int]:
        first = self._sequence
        self._sequence += len(messages)
        last = self._sequence - 1
        # A netfilter batch ends with a marker that is never acknowledged: the message before it is.
        acknowledged = last - 1 if messages[-1].kind == BATCH_END else last
        parts = []
        for number, message in enumerate(messages, first):
            flags = REQUEST | message.flags | (last_flags if number == acknowledged else 0)
            parts.append(_HEADER.pack(len(message.body) + 16, message.kind, flags, number, 0) + message.body)
        self._socket.sendto(b"".join(parts), (0, 0))
        return first, acknowledged

    def _answers(self, first: int, last: int) -> Iterator[bytes]:
        """Bodies of the answers to those requests, until the last is acknowledged; leftovers of others are skipped."""
        while True:
            for kind, sequence, body in _messages(self._socket.recv(_RECEIVE_BYTES)):
                if kind in {_ERROR, _DONE} and first <= sequence <= last:
                    _raise_failure(body)
                    if sequence == last:
                        return
                elif first <= sequence <= last:
                    yield body


BATCH_END = 0x11
"""The kind of the message that closes a netfilter batch."""


def _messages(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Kind, sequence number and body of each message in a datagram."""
    at = 0
    while at + 16 <= len(data):
        length, kind, _, sequence, _ = _HEADER.unpack_from(data, at)
        yield kind, sequence, data[at + 16 : at + length]
        at += (length + 3) & ~3


def _raise_failure(body: bytes) -> None:
    (code,) = struct.unpack_from("=i", body)
    if code < 0:
        raise OSError(-code, os.strerror(-code))
