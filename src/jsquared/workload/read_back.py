"""Read keys back: for every write of a client, what one data node holds now.

The keys follow from the slot numbers, so nothing but their count is needed; MGET takes them 500 at a time, pipelined.
"""

import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import hiredis
import numpy as np
from numpy.typing import NDArray

from jsquared.errors import LabError
from jsquared.records.history import ABSENT, DIFFERENT, NOT_READ, PRESENT, key_of
from jsquared.running.connection import NONSENSE, UNCHANGED, connect, named_there
from jsquared.workload.commands import value_of

KEYS_A_COMMAND = 500
COMMANDS_IN_FLIGHT = 8
TIMEOUT_S = 10.0


class NodeReader:
    """A connection to one data node that reads back what clients wrote."""

    def __init__(
        self,
        address: str,
        port: int,
        *,
        username: str = "",
        password: str = "",
        tls: ssl.SSLContext | None = None,
        names: Mapping[str, str] = UNCHANGED,
        limit_s: float = 60.0,
    ) -> None:
        """Connect.

        :param tls: what to encrypt with; None for a plain connection.
        :param names: commands in upper case to the names that they have there, where these differ.
        :param limit_s: all reading together must end within this time.
        :raises LabError: nobody answers there, or the credentials are refused.
        """
        self._where = self.where = f"{address}:{port}"
        self._deadline = time.monotonic() + limit_s
        self._reader = hiredis.Reader()
        self._names = names
        try:
            self._socket = connect(address, port, TIMEOUT_S, tls)
        except OSError as problem:
            raise LabError(f"cannot be read back ({problem})", where=self._where) from problem
        if username or password:
            self._log_in(("AUTH", username, password) if username else ("AUTH", password))

    def found(self, prefix: str, client_number: int, slots: int, value_bytes: int) -> NDArray[np.uint8]:
        """For every slot from 0: ABSENT, PRESENT or DIFFERENT.

        :raises LabError: the node stops answering, or refuses.
        """
        found = np.full(slots, NOT_READ, dtype=np.uint8)
        chunks = list(_chunks(slots))
        sent = 0
        for number, chunk in enumerate(chunks):
            while sent < len(chunks) and sent < number + COMMANDS_IN_FLIGHT:
                keys = [key_of(prefix, client_number, slot) for slot in chunks[sent]]
                self._send(("MGET", *keys))
                sent += 1
            values = self._receive()
            if not isinstance(values, list) or len(values) != len(chunk):
                raise LabError("cannot be read back (no answer to MGET)", where=self._where)
            found[chunk.start : chunk.stop] = [
                _state(value, key_of(prefix, client_number, slot), value_bytes)
                for slot, value in zip(chunk, values, strict=True)
            ]
        return found

    def keys(self) -> int:
        """How many keys the node holds."""
        count = self._ask(("DBSIZE",))
        if not isinstance(count, int):
            raise LabError("cannot be read back (no answer to DBSIZE)", where=self._where)
        return count

    def ask(self, *words: str | bytes | int) -> Any:
        """The reply to one command.

        :raises LabError: the node stops answering, or refuses.
        """
        return self._ask(words)

    def ask_all(self, commands: Sequence[tuple[str | bytes | int, ...]]) -> list[Any]:
        """The replies to commands that are sent in one piece; their number is bounded by what a server buffers of replies.

        :raises LabError: the node stops answering, or refuses one of them.
        """
        self._send_all(commands)
        return [self._receive() for _ in commands]

    def close(self) -> None:
        """Close."""
        self._socket.close()

    def _log_in(self, words: tuple[str | bytes, ...]) -> None:
        try:
            self._ask(words)
        except LabError:
            self.close()
            raise

    def _ask(self, words: tuple[str | bytes | int, ...]) -> Any:
        self._send(words)
        return self._receive()

    def _send(self, words: tuple[str | bytes | int, ...]) -> None:
        self._send_all((words,))

    def _send_all(self, commands: Sequence[tuple[str | bytes | int, ...]]) -> None:
        packed = [hiredis.pack_command(named_there(words, self._names, self._where)) for words in commands]  # type: ignore[arg-type]  # its stub wants one word
        try:
            self._socket.sendall(b"".join(packed))
        except OSError as problem:
            raise LabError(f"cannot be read back ({problem})", where=self._where) from problem

    def _receive(self) -> Any:
        while (reply := self._next_reply()) is False:
            if time.monotonic() > self._deadline:
                raise LabError("took too long to read back", where=self._where)
            try:
                data = self._socket.recv(262_144)
            except OSError as problem:
                raise LabError(f"cannot be read back ({problem})", where=self._where) from problem
            if not data:
                raise LabError("closed the connection while it was read back", where=self._where)
            self._reader.feed(data)
        if isinstance(reply, hiredis.ReplyError):
            raise LabError(f"cannot be read back: {reply}", where=self._where)
        return reply

    def _next_reply(self) -> Any:
        try:
            return self._reader.gets()
        except NONSENSE as problem:
            raise LabError(f"cannot be read back ({problem})", where=self._where) from problem


def _chunks(slots: int) -> Iterator[range]:
    for first in range(0, slots, KEYS_A_COMMAND):
        yield range(first, min(first + KEYS_A_COMMAND, slots))


def _state(value: bytes | None, key: bytes, value_bytes: int) -> int:
    if value is None:
        return ABSENT
    return PRESENT if value == value_of(key, value_bytes) else DIFFERENT
