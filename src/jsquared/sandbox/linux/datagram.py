"""The measurements behind ``probe`` and ``volley``: does a datagram arrive, how many do, and when?"""

import os
import socket
import struct
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from jsquared.errors import SandboxError
from jsquared.sandbox.link import Volley

_ATTEMPTS = 3
_WAIT_S = 0.05
_TIMING_ATTEMPTS = 100
_TIMING_PAUSE_S = 0.001
_STAMP = struct.Struct("=8sId")
_IP_UDP_BYTES = 28
# socket(7), asm-generic/socket.h: the kernel says when it received a datagram, which a busy reader may be late for. Python has no name
# for it; where the option is unknown, the time of reading stands in.
_SO_TIMESTAMPNS = 35
_TIMESPEC = struct.Struct("=qq")
_NOTE_BYTES = socket.CMSG_SPACE(_TIMESPEC.size)

Place = Callable[[], AbstractContextManager[None]]


def arrives(source: tuple[Place, str], destination: tuple[Place, str], port: int | None) -> bool:
    """Send a UDP datagram from one address to another and say whether it arrives: 3 attempts of 50 ms.

    ``source`` and ``destination`` are the place a socket is made in and the address it is bound to; ``port`` is the
    destination's, any free one when None.

    :raises SandboxError: the sockets cannot be made there.
    """
    try:
        with _bound(*destination, port or 0) as receiver, _bound(*source, 0) as sender:
            return any(_one_arrives(sender, receiver) for _ in range(_ATTEMPTS))
    except OSError as error:
        raise SandboxError(f"cannot probe {source[1]} to {destination[1]}: {error.strerror}") from error


def _bound(place: Place, address: str, port: int) -> socket.socket:
    with place():
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
    try:
        made.bind((address, port))
    except OSError:
        made.close()
        raise
    return made


def _one_arrives(sender: socket.socket, receiver: socket.socket) -> bool:
    token = os.urandom(16)
    sender.sendto(token, receiver.getsockname())
    deadline = time.monotonic() + _WAIT_S
    while (left := deadline - time.monotonic()) > 0:
        receiver.settimeout(left)
        try:
            if receiver.recv(64) == token:
                return True
        except TimeoutError:
            return False
    return False


def volley(
    source: tuple[Place, str],
    destination: tuple[Place, str],
    *,
    count: int,
    size: int,
    spacing_s: float,
    wait_s: float,
    port: int | None,
) -> Volley:
    """Send datagrams in a row, one every ``spacing_s``, and note when each arrives; ``size`` is that of the whole IP packet.

    :raises SandboxError: the sockets cannot be made there, or sending is refused.
    """
    try:
        with _bound(*destination, port or 0) as receiver, _bound(*source, 0) as sender:
            return _Volley(sender, receiver, size - _IP_UDP_BYTES).fire(count, spacing_s, wait_s)
    except OSError as error:
        raise SandboxError(f"cannot measure {source[1]} to {destination[1]}: {error.strerror}") from error


class _Volley:
    """Datagrams on their way; each carries a token, its number and when it was sent."""

    def __init__(self, sender: socket.socket, receiver: socket.socket, size: int) -> None:
        self._sender = sender
        self._receiver = receiver
        self._padding = bytes(max(0, size - _STAMP.size))
        self._token = os.urandom(8)
        self._delays_ms: dict[int, float] = {}
        self._arrivals_s: list[float] = []
        _have_arrivals_timed(receiver)

    def fire(self, count: int, spacing_s: float, wait_s: float) -> Volley:
        """Send them all, then wait until all have arrived or the time is over."""
        began_s = time.monotonic()
        for number in range(count):
            self._listen(began_s + number * spacing_s, count + 1)
            stamp = _STAMP.pack(self._token, number, time.monotonic())
            self._sender.sendto(stamp + self._padding, self._receiver.getsockname())
        self._listen(time.monotonic() + wait_s, count)
        span_s = self._arrivals_s[-1] - self._arrivals_s[0] if self._arrivals_s else 0.0
        twice = len(self._arrivals_s) - len(self._delays_ms)
        return Volley(count, tuple(self._delays_ms.values()), twice, span_s * 1000)

    def _listen(self, until_s: float, enough: int) -> None:
        while len(self._delays_ms) < enough:
            left_s = until_s - time.monotonic()
            if left_s <= 0:
                return
            self._receiver.settimeout(left_s)
            try:
                data, notes, _, _ = self._receiver.recvmsg(1 << 16, _NOTE_BYTES)
            except TimeoutError:
                return
            self._note(data, time.monotonic(), _received_s(notes))

    def _note(self, data: bytes, now_s: float, received_s: float) -> None:
        if data[:8] != self._token:
            return
        _, number, sent_s = _STAMP.unpack_from(data)
        self._arrivals_s.append(received_s)
        self._delays_ms.setdefault(number, (now_s - sent_s) * 1000)


def _have_arrivals_timed(receiver: socket.socket) -> None:
    """Ask the kernel for times of arrival, and wait until it notes them: where nobody asked before, it begins a little later.

    Until then a datagram has the time at which it is read (net/core/dev.c, net_enable_timestamp). One to oneself shows which it is.
    """
    try:
        receiver.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        receiver.settimeout(_WAIT_S)
        for _ in range(_TIMING_ATTEMPTS):
            receiver.sendto(b"", receiver.getsockname())
            sent_s = time.time()
            time.sleep(_TIMING_PAUSE_S)
            _, notes, _, _ = receiver.recvmsg(1, _NOTE_BYTES)
            if _received_s(notes) <= sent_s:
                return
    except OSError:  # this kernel times nothing
        return


def _received_s(notes: list[tuple[int, int, bytes]]) -> float:
    """Read the kernel's time of arrival (seconds of the wall clock) from a datagram's ancillary data; now where there is none."""
    for level, kind, data in notes:
        if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS) and len(data) == _TIMESPEC.size:
            seconds, nanoseconds = _TIMESPEC.unpack(data)
            return float(seconds + nanoseconds / 1e9)
    return time.time()
