"""A blocking connection to one server, with a deadline on everything: what the lab itself uses to ask and to tell.

The wire format is hiredis' business; this adds the socket, the deadline and authentication. It is used from the observer's
address, which no cut touches, so silence means that the server is silent.
"""

import socket
from collections.abc import Mapping, Sequence
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Any, Self

import hiredis

from jsquared.errors import EXIT_BAD_INPUT, LabError
from jsquared.text import whole_number

if TYPE_CHECKING:
    import ssl

DEFAULT_TIMEOUT_S = 1.0
NONSENSE = (hiredis.ProtocolError, TypeError, RecursionError)
"""What hiredis raises over bytes that are no reply: TypeError where a map has a key that Python cannot have."""
UNCHANGED: Mapping[str, str] = MappingProxyType({})
"""No command has another name."""


class Unreachable(LabError):  # noqa: N818 -- a state of the server, caught far more often than shown
    """The server did not answer: connection refused, lost, or silent beyond the deadline."""


class ServerReplyError(LabError):
    """The server answered with an error; ``what`` holds its words."""


class DisabledCommandError(ServerReplyError):
    """The server's configuration takes this command away, so it was not even sent."""

    exit_code = EXIT_BAD_INPUT


def named_there(
    words: Sequence[str | bytes | int], names: Mapping[str, str], where: str
) -> tuple[str | bytes | int, ...]:
    """A command as a server with ``rename-command`` lines knows it.

    :raises DisabledCommandError: it does not know it at all.
    """
    command = str(words[0])
    there = names.get(command.upper(), command) if names else command
    if there:
        return (there, *words[1:])
    raise DisabledCommandError(
        f'{command} is taken away there (rename-command {command.upper()} "")',
        where=where,
        hint="a copy of the configuration without that line",
    )


def connect(address: str, port: int, timeout_s: float, tls: "ssl.SSLContext | None") -> socket.socket:
    """A connected blocking socket, with TLS where asked for.

    :raises OSError: no connection, or no handshake in time (ssl.SSLError is one).
    """
    plain = socket.create_connection((address, port), timeout=timeout_s)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if tls is None:
        return plain
    try:
        return tls.wrap_socket(plain)
    except OSError:
        plain.close()
        raise


class Connection:
    """One connection. Replies come as ``str``, ``int``, ``None`` or nested lists of these."""

    def __init__(
        self,
        address: str,
        port: int,
        *,
        credentials: Sequence[str] = (),
        timeout_s: float = DEFAULT_TIMEOUT_S,
        tls: "ssl.SSLContext | None" = None,
        names: Mapping[str, str] = UNCHANGED,
    ) -> None:
        """Connect and authenticate.

        :param credentials: ``()``, ``(password,)`` or ``(user, password)``.
        :param tls: what to encrypt with; None for a plain connection.
        :param names: commands in upper case to the names that they have there (empty: taken away), where these differ.
        :raises Unreachable: nobody answers there in time.
        :raises ServerReplyError: the credentials are refused.
        """
        self.where = f"{address}:{port}"
        self._reader = hiredis.Reader(encoding="utf-8", errors="replace")
        self._names = names
        self._words: tuple[str | bytes | int, ...] = ("AUTH",)
        try:
            self._socket = connect(address, port, timeout_s, tls)
        except OSError as problem:
            raise Unreachable(f"no connection ({problem})", where=self.where) from problem
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
        :raises DisabledCommandError: the server's configuration takes this command away.
        """
        self._words = words
        try:
            self._socket.sendall(hiredis.pack_command(named_there(words, self._names, self.where)))  # type: ignore[arg-type]  # its stub wants one word
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
        except (OSError, *NONSENSE) as problem:
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
    return {str(name): value for name, value in zip(reply[::2], reply[1::2], strict=False)}


def count_of(text: str) -> int:
    """A number of INFO; 0 where it is none, or one that no server counts to."""
    return whole_number(text) or 0
