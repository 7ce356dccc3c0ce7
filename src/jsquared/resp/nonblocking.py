"""One non-blocking connection to a server: connect, authenticate, send, receive, lose.

:class:`Link` is what all connections have in common that clients and the observer keep open; they say what replies mean. A link
never waits: whoever owns it watches the clock.
"""

import errno
import socket
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import hiredis

from jsquared.resp.dialing import Dial, dial
from jsquared.resp.poller import CLOSED, READABLE, WRITABLE, Poller
from jsquared.resp.replies import NONSENSE, next_reply, text_reader

if TYPE_CHECKING:
    import ssl

CLOSED_STATE, CONNECTING, OPEN = range(3)
RECEIVE_BYTES = 65_536


@dataclass
class Network:
    """State that all links of one owner share."""

    poller: Poller
    dial: Dial = dial
    tls: "ssl.SSLContext | None" = None


class Stream(Protocol):
    """The interface of a socket that a link needs; :class:`jsquared.resp.tls.TlsSocket` has it too."""

    def send(self, data: bytes | bytearray, /) -> int:
        """Send what fits, or raise BlockingIOError."""
        ...

    def recv(self, size: int, /) -> bytes:
        """Receive what is there, or raise BlockingIOError; empty at the end."""
        ...

    def close(self) -> None:
        """Close it."""
        ...


class Link(ABC):
    """A connection to one server. Subclasses fill in ``opened``, ``received`` and ``lost``."""

    def __init__(self, network: Network, address: tuple[str, int]) -> None:
        self.network = network
        self.address = address
        self.state = CLOSED_STATE
        self.opened_ns = 0
        self.stream: Stream | None = None
        self.least_bytes = 1
        """So many bytes wake whoever reads."""
        self.unsent = bytearray()
        self.reader: hiredis.Reader = text_reader()
        self.descriptor = -1
        self.on_readable: Callable[[int], None] = self.readable
        """What the poller calls while nothing waits to be sent."""

    @abstractmethod
    def opened(self) -> None:
        """The connection stands."""
        ...

    @abstractmethod
    def received(self, data: bytes) -> None:
        """Bytes have arrived."""
        ...

    @abstractmethod
    def lost(self, problem: OSError | None) -> None:
        """The connection broke (``problem`` None: the server closed it) and is closed already."""
        ...

    def open(self, now_ns: int) -> None:
        """Start to connect; an immediate refusal calls :meth:`lost`."""
        self.opened_ns = now_ns
        try:
            plain = self.network.dial(*self.address, 0)
        except OSError as problem:
            self.lost(problem)
            return
        self._plain = plain
        self.least_bytes = 1
        self.stream = plain
        self.state = CONNECTING
        self.unsent.clear()
        self.descriptor = plain.fileno()
        self.network.poller.watch(self.descriptor, READABLE | WRITABLE, self.event)

    def wake_from(self, least_bytes: int) -> None:
        """Do not be woken before so many bytes are there, or the connection's end (SO_RCVLOWAT, socket(7)); not where TLS counts others.

        Each wake-up costs more than what it reads: whoever can do nothing with the first of two replies waits for both.
        """
        if least_bytes != self.least_bytes and self.network.tls is None:
            self._plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, least_bytes)
            self.least_bytes = least_bytes

    def close(self) -> None:
        """Close without a word to anybody; does nothing when closed."""
        if self.stream is not None:
            self.network.poller.forget(self.descriptor)
            self.stream.close()
            self.stream = None
        self.state = CLOSED_STATE

    def event(self, mask: int) -> None:
        """Handle readiness of any kind."""
        if self.state == CONNECTING and not self._connected():
            return
        if self.unsent and (mask & WRITABLE or self._greeting()):
            self.flush()
        if mask & (READABLE | CLOSED) and self.state == OPEN:
            self.readable(mask)

    def _connected(self) -> bool:
        code = self._plain.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self.break_off(OSError(code, errno.errorcode.get(code, "")))
            return False
        try:
            self._plain.getpeername()
        except OSError:
            return False  # an event meant for an earlier socket of the same number
        self.network.poller.change(self.descriptor, READABLE)
        self.network.poller.handlers[self.descriptor] = self.on_readable
        self.state = OPEN
        if self.network.tls is not None:
            from jsquared.resp.tls import TlsSocket  # noqa: PLC0415 -- only those who use TLS pay for it

            self.stream = TlsSocket(self._plain, self.network.tls)
        self.reader = text_reader()
        self.opened()
        return True

    def readable(self, mask: int) -> None:  # noqa: ARG002 -- a broken connection shows when it is read, like everything else
        """Take what has arrived."""
        assert self.stream is not None
        try:
            data = self.stream.recv(RECEIVE_BYTES)
        except BlockingIOError:
            return
        except OSError as problem:
            self.break_off(problem)
            return
        self.arrived(data)

    def arrived(self, data: bytes) -> None:
        """Handle what was received; nothing means that the server closed the connection."""
        if data:
            self.received(data)
        else:
            self.break_off(None)

    def replies(self, data: bytes) -> Iterator[object]:
        """The replies that are whole with these bytes, for as long as the connection is open. Nonsense breaks it off."""
        try:
            self.reader.feed(data)
            while self.state == OPEN and (reply := next_reply(self.reader)) is not False:
                yield reply
        except NONSENSE as problem:
            self.break_off(OSError(str(problem)))

    def send(self, data: bytes) -> None:
        """Send now what fits and the rest as soon as it fits. A broken connection shows when it is next read."""
        if self.unsent:
            self.unsent += data
            return
        assert self.stream is not None
        try:
            sent = self.stream.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            return  # replies that arrived before it broke still count: reading finds them, and then the end
        if sent != len(data):
            self.keep(data[sent:])

    def keep(self, data: bytes) -> None:
        """Send this as soon as it fits. A broken connection shows when it is next read."""
        self.unsent += data
        self.network.poller.change(self.descriptor, READABLE if self._greeting() else READABLE | WRITABLE)
        self.network.poller.handlers[self.descriptor] = self.event

    def _greeting(self) -> bool:
        """True if a TLS handshake is under way: what is to be sent waits for the server then, not for room."""
        return self.network.tls is not None and not getattr(self.stream, "established", True)

    def flush(self) -> None:
        """Send what did not fit before."""
        data = bytes(self.unsent)
        self.unsent.clear()
        self.network.poller.change(self.descriptor, READABLE)
        self.network.poller.handlers[self.descriptor] = self.on_readable
        self.send(data)

    def break_off(self, problem: OSError | None) -> None:
        """Close and tell the owner."""
        self.close()
        self.lost(problem)
