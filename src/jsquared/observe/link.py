"""A connection that never blocks: the observer's, which must go on whatever its nodes do."""

import os
import selectors
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import hiredis

from jsquared.running.connection import NONSENSE, UNCHANGED

if TYPE_CHECKING:
    import ssl

    from jsquared.running.tls import TlsSocket

RECONNECT_AFTER_S = 0.02


class Link:
    """Connects by itself, keeps at most one question open, and says for how long it has been open.

    ``greeting`` are commands sent on every new connection, after authentication; their replies come like any other.
    """

    def __init__(
        self,
        address: str,
        port: int,
        credentials: Sequence[str],
        *,
        subscriber: bool = False,
        tls: "Callable[[], ssl.SSLContext | None]" = lambda: None,
        names: Mapping[str, str] = UNCHANGED,
    ) -> None:
        """:param tls: gives what to encrypt with; asked at each new connection.
        :param names: commands in upper case to the names that they have there, where these differ.
        """
        self.address = address
        """Where the next connection goes to."""
        self._port = port
        self.credentials = tuple(credentials)
        """What the next connection authenticates with."""
        self._subscriber = subscriber
        self._tls = tls
        self._names = names
        self._context: ssl.SSLContext | None = None
        self._secure: TlsSocket | None = None
        self._refused = 0
        self.greeting: list[tuple[str, ...]] = []
        self.socket: socket.socket | None = None
        self.registered = 0
        """The events that the owner has registered the socket for, 0 when it has not."""
        self._outbox = bytearray()
        self._reader = hiredis.Reader(encoding="utf-8", errors="replace")
        self._open_questions = 0
        self._since = time.monotonic()
        self._next_try = 0.0
        self._used = False
        self.answered = False
        """Whether anything has arrived on the present connection."""

    def keep(self) -> None:
        """Connect when there is no connection and it is time to try again."""
        if self.socket is None and time.monotonic() >= self._next_try:
            self._used = True
            self._connect()

    def send(self, *words: str) -> None:
        """Ask, unless a question is still open (then this round is left out)."""
        self.keep()
        if self.socket is not None and not self._open_questions:
            self._write(words)

    def silent_for(self, now: float) -> float:
        """Seconds for which a question has been open or no connection could be had; 0 when nothing is due."""
        waiting = self._open_questions > 0 or (self.socket is None and not self._subscriber)
        return now - self._since if waiting and self._used else 0.0

    def receive(self) -> tuple[list[object], bool]:
        """What has arrived, and whether the connection is still good."""
        try:
            data = self._stream().recv(262_144)
        except (BlockingIOError, InterruptedError):
            return [], True
        except OSError:
            return [], False
        if not data:
            return [], False
        self._reader.feed(data)
        self.answered = True
        replies: list[object] = []
        try:
            while (reply := self._reader.gets()) is not False:
                self._open_questions = max(0, self._open_questions - 1)
                replies.append(reply)
        except NONSENSE:
            return replies, False  # whoever answers there is no server
        self._since = time.monotonic()
        return replies, True

    def drop(self) -> None:
        """Close; the next question connects anew."""
        if self.socket is not None:
            (self._secure or self.socket).close()
            self._since = time.monotonic()
        self.socket = None
        self._secure = None
        self.registered = 0
        self.answered = False
        self._outbox.clear()
        self._open_questions = 0
        self._next_try = time.monotonic() + RECONNECT_AFTER_S

    @property
    def wants(self) -> int:
        """The selector events to wait for."""
        greeting = self._secure is not None and not self._secure.established  # what is to be sent waits for the server
        return selectors.EVENT_READ | (selectors.EVENT_WRITE if self._outbox and not greeting else 0)

    def flush(self) -> bool:
        """Send what waits to be sent, as far as the socket takes it; False when the connection is lost."""
        if self.socket is None:
            return False
        try:
            while self._outbox:
                del self._outbox[: self._stream().send(self._outbox)]
        except (BlockingIOError, InterruptedError):
            return True  # still connecting, or its buffers are full because nobody reads them: silence will tell
        except OSError:
            return False
        return True

    def _stream(self) -> "socket.socket | TlsSocket":
        """What to send to and receive from.

        :raises BlockingIOError: the connection that TLS needs is not there yet.
        """
        assert self.socket is not None
        if self._secure is not None or self._context is None:
            return self._secure or self.socket
        self._refused = self._refused or self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)  # said only once
        if self._refused:
            raise OSError(self._refused, os.strerror(self._refused))
        try:
            self.socket.getpeername()
        except OSError:
            raise BlockingIOError from None
        from jsquared.running.tls import TlsSocket  # noqa: PLC0415 -- only those who use TLS pay for it

        self._secure = TlsSocket(self.socket, self._context)
        return self._secure

    def _connect(self) -> None:
        self._context = self._tls()
        self._refused = 0
        self._reader = hiredis.Reader(encoding="utf-8", errors="replace")
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.socket.setblocking(False)
        self._since = time.monotonic()
        try:
            self.socket.connect((self.address, self._port))
        except BlockingIOError:
            pass  # under way; the selector tells when it is there
        except OSError:
            self.drop()
            return
        if self.credentials:
            self._write(("AUTH", *self.credentials))
        for words in self.greeting:
            self._write(words)

    def _write(self, words: tuple[str, ...]) -> None:
        if not self._open_questions:
            self._since = time.monotonic()
        self._outbox += hiredis.pack_command((self._names.get(words[0].upper(), words[0]), *words[1:]))  # type: ignore[arg-type]  # its stub wants one word
        if not self._subscriber:
            self._open_questions += 1
        self.flush()
