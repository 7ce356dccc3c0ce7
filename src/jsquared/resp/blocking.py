"""A blocking connection to one server, with a deadline on everything: what the lab itself uses to ask and to tell.

It is used from the observer's address, which no cut touches, so silence means that the server is silent.
"""

import math
import socket
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import hiredis

from jsquared.errors import LabError
from jsquared.resp.dialing import Dial, dial
from jsquared.resp.failures import ServerReplyError, Unreachable
from jsquared.resp.packing import NOT_RENAMED, Word, packed, packed_each, renamed
from jsquared.resp.replies import NONSENSE, next_reply, text_reader

if TYPE_CHECKING:
    import ssl

DEFAULT_TIMEOUT_S = 1.0
RECEIVE_BYTES = 65_536


def encrypted(plain: socket.socket, tls: "ssl.SSLContext | None") -> socket.socket:
    """Return a connected blocking socket, with TLS where asked for.

    :raises OSError: no handshake in time (ssl.SSLError is one); it is closed.
    """
    if tls is None:
        return plain
    try:
        return tls.wrap_socket(plain)
    except OSError:
        plain.close()
        raise


class Connection:
    """One connection. Replies come as ``str`` (or ``bytes``), ``int``, ``None`` or nested lists of these."""

    def __init__(
        self,
        address: str,
        port: int,
        *,
        credentials: Sequence[str] = (),
        timeout_s: float = DEFAULT_TIMEOUT_S,
        limit_s: float = math.inf,
        limit_bytes: float = math.inf,
        tls: "ssl.SSLContext | None" = None,
        renamed_commands: Mapping[str, str] = NOT_RENAMED,
        as_text: bool = True,
        dial: Dial = dial,
    ) -> None:
        """Connect and authenticate.

        :param credentials: ``()``, ``(password,)`` or ``(user, password)``.
        :param timeout_s: how long the server may be silent.
        :param limit_s: everything that is asked on the connection must be answered within this time.
        :param limit_bytes: all replies together must not be longer.
        :param tls: what to encrypt with; None for a plain connection.
        :param renamed_commands: commands in upper case to the names that they have there (empty: taken away), where these differ.
        :param as_text: whether strings come as ``str``; as ``bytes`` otherwise.
        :param dial: how to connect.
        :raises Unreachable: there is no answer in time.
        :raises ServerReplyError: the credentials are refused.
        """
        self.where = f"{address}:{port}"
        self._reader = text_reader() if as_text else hiredis.Reader()
        self._renamed_commands = renamed_commands
        self._deadline = time.monotonic() + limit_s
        self._bytes_left = limit_bytes
        self._asked: Word = "AUTH"
        try:
            self._socket = encrypted(dial(address, port, timeout_s), tls)
        except OSError as problem:
            raise Unreachable(f"no connection ({problem})", where=self.where) from problem
        if credentials:
            try:
                self.command("AUTH", *credentials)
            except LabError:
                self.close()
                raise

    def command(self, *words: Word) -> Any:
        """Send one command and give its reply.

        :raises Unreachable: no whole reply came in time; the connection is of no more use.
        :raises ServerReplyError: the reply is an error.
        """
        self.send(*words)
        return self.reply()

    def send(self, *words: Word) -> None:
        """Send one command whose :meth:`reply` is taken later, so that several servers can be asked at once.

        :raises Unreachable: it cannot be sent.
        :raises DisabledCommandError: the server's configuration takes this command away.
        """
        self.send_all((words,))

    def send_all(self, commands: Sequence[Sequence[Word]]) -> None:
        """Send commands in one piece; each has a :meth:`reply`, in order.

        :raises Unreachable: they cannot be sent.
        :raises DisabledCommandError: the server's configuration takes one of them away; none was sent.
        """
        self._asked = commands[0][0] if commands else self._asked
        self._send(b"".join(packed(*renamed(words, self._renamed_commands, self.where)) for words in commands))

    def command_each(self, command: str, words: Sequence[bytes], *more: Word) -> list[Any]:
        """Send the same command once for each word, in one piece, and give all replies.

        :param more: what follows each word.
        :raises Unreachable: no whole reply came in time; the connection is of no more use.
        :raises ServerReplyError: one of the replies is an error; the connection is closed, since more of them are on their way.
        """
        (there,) = renamed((command,), self._renamed_commands, self.where)
        self._asked = command
        self._send(packed_each(str(there), words, *more))
        try:
            return [self.reply() for _ in words]
        except ServerReplyError:
            self.close()
            raise

    def _send(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
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

    def pushed(self, within_s: float, limit_bytes: float) -> Any:
        """The next message of a subscription; False where none came in time, after which the connection is still of use.

        :param limit_bytes: the message must not be longer.
        :raises Unreachable: the connection is lost, or nonsense came.
        """
        try:
            self._socket.settimeout(within_s)
            message = self._read()
        except TimeoutError:
            return False
        except (OSError, *NONSENSE) as problem:
            self.close()
            raise self._silent(problem) from problem
        self._bytes_left = limit_bytes
        return message

    def _silent(self, problem: Exception) -> Unreachable:
        return Unreachable(f"no answer to {self._asked!r} ({problem})", where=self.where)

    def _read(self) -> Any:
        while (reply := next_reply(self._reader)) is False:
            if time.monotonic() > self._deadline:
                raise TimeoutError("all replies together took too long")
            data = self._socket.recv(RECEIVE_BYTES)
            if not data:
                raise ConnectionResetError("connection closed")
            self._bytes_left -= len(data)
            if self._bytes_left < 0:
                raise OSError("its replies are too long")
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
