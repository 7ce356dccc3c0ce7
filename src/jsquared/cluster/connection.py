"""A blocking connection to one server, with a deadline on everything: what the lab itself uses to ask and to tell.

The wire format is hiredis' business; this adds the socket, the deadline and authentication. It is used from the observer's
address, which no cut touches, so silence means that the server is silent.
"""

import socket
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import hiredis

from jsquared.errors import LabError

DEFAULT_TIMEOUT_S = 1.0


class Unreachable(LabError):  # noqa: N818 -- a state of the server, caught far more often than shown
    """The server did not answer: connection refused, lost, or silent beyond the deadline."""


class ServerReplyError(LabError):
    """The server answered with an error; ``what`` holds its words."""


class Connection:
    """One connection. Replies come as ``str``, ``int``, ``None`` or nested lists of these."""

    def __init__(
        self,
        address: str,
        port: int,
        *,
        credentials: Sequence[str] = (),
        timeout_s: float = DEFAULT_TIMEOUT_S,
    ) -> None:
        """Connect and authenticate.

        :param credentials: ``()``, ``(password,)`` or ``(user, password)``.
        :raises Unreachable: nobody answers there in time.
        :raises ServerReplyError: the credentials are refused.
        """
        self.where = f"{address}:{port}"
        self._reader = hiredis.Reader(encoding="utf-8", errors="replace")
        self._words: tuple[str | bytes | int, ...] = ("AUTH",)
        try:
            self._socket = socket.create_connection((address, port), timeout=timeout_s)
        except OSError as problem:
            raise Unreachable(f"no connection ({problem})", where=self.where) from problem
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if credentials:
            try:
                self.command("AUTH", *credentials)
            except LabError:
                self.close()
                raise

    def command(self, *words: str | bytes | int) -> Any:
        """Send one command and give its reply.

        :raises Unreachable: no whole reply came in time; the connection is of no more use.
        :raises ServerReplyError: the reply is an error.
        """
        self.send(*words)
        return self.reply()

    def send(self, *words: str | bytes | int) -> None:
        """Send one command whose :meth:`reply` is taken later, so that several servers can be asked at once.

        :raises Unreachable: it cannot be sent.
        """
        self._words = words
        try:
            self._socket.sendall(hiredis.pack_command(tuple(words)))  # type: ignore[arg-type]  # its stub wants one word
        except OSError as problem:
            self.close()
            raise self._silent(problem) from problem

    def reply(self, within_s: float | None = None) -> Any:
        """The reply to what was sent.

        :raises Unreachable: no whole reply came in time, or nonsense did; the connection is of no more use.
        :raises ServerReplyError: the reply is an error.
        """
        try:
            if within_s is not None:
                self._socket.settimeout(max(0.001, within_s))
            reply = self._read()
        except (OSError, hiredis.ProtocolError) as problem:
            self.close()
            raise self._silent(problem) from problem
        if isinstance(reply, hiredis.ReplyError):
            raise ServerReplyError(str(reply), where=self.where)
        return reply

    def _silent(self, problem: Exception) -> Unreachable:
        return Unreachable(f"no answer to {self._words[0]!r} ({problem})", where=self.where)

    def _read(self) -> Any:
        while (reply := self._reader.gets()) is False:
            data = self._socket.recv(65_536)
            if not data:
                raise ConnectionResetError("connection closed")
            self._reader.feed(data)
        return reply

    def close(self) -> None:
        """Close; a second call does nothing."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def parse_info(text: str) -> dict[str, str]:
    """The fields of an INFO reply."""
    pairs = (line.split(":", 1) for line in text.splitlines() if ":" in line and not line.startswith("#"))
    return {name: value.strip() for name, value in pairs}


def pairs(reply: Sequence[str]) -> dict[str, str]:
    """A flat name-value list, as the SENTINEL commands give it."""
    return dict(zip(reply[::2], reply[1::2], strict=False))
