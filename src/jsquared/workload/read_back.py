"""Read keys back: for every write of a client, what one data node holds now.

The keys follow from the slot numbers, so nothing but their count is needed; MGET takes them 500 at a time, pipelined.
"""

import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jsquared.errors import LabError
from jsquared.records.history import ABSENT, DIFFERENT, NOT_READ, PRESENT, key_of
from jsquared.resp.blocking import Connection
from jsquared.resp.dialing import Dial, dial
from jsquared.resp.packing import NOT_RENAMED, Word
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
        renamed_commands: Mapping[str, str] = NOT_RENAMED,
        limit_s: float = 60.0,
        dial: Dial = dial,
    ) -> None:
        """Connect.

        :param tls: what to encrypt with; None for a plain connection.
        :param renamed_commands: commands in upper case to the names that they have there, where these differ.
        :param limit_s: all reading together must end within this time.
        :param dial: how to connect.
        :raises LabError: there is no answer, or the credentials are refused.
        """
        self.where = f"{address}:{port}"
        with self._problems_told():
            self._connection = Connection(
                address,
                port,
                credentials=(username, password) if username else (password,) * bool(password),
                timeout_s=TIMEOUT_S,
                limit_s=limit_s,
                tls=tls,
                renamed_commands=renamed_commands,
                as_text=False,
                dial=dial,
            )

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
                self._send_all([("MGET", *keys)])
                sent += 1
            values = self._reply()
            if not isinstance(values, list) or len(values) != len(chunk):
                raise LabError("cannot be read back (no answer to MGET)", where=self.where)
            found[chunk.start : chunk.stop] = [
                _state(value, key_of(prefix, client_number, slot), value_bytes)
                for slot, value in zip(chunk, values, strict=True)
            ]
        return found

    def keys(self) -> int:
        """How many keys the node holds."""
        count = self.ask("DBSIZE")
        if not isinstance(count, int):
            raise LabError("cannot be read back (no answer to DBSIZE)", where=self.where)
        return count

    def ask(self, *words: Word) -> Any:
        """The reply to one command.

        :raises LabError: the node stops answering, or refuses.
        """
        self._send_all([words])
        return self._reply()

    def ask_each(self, command: str, keys: Sequence[bytes], *more: Word) -> list[Any]:
        """The replies to one command about each key, sent in one piece; a server buffers replies, which bounds their number.

        :param more: what follows each key.
        :raises LabError: the node stops answering, or refuses one of them.
        """
        with self._problems_told():
            return self._connection.command_each(command, keys, *more)

    def close(self) -> None:
        """Close."""
        self._connection.close()

    def _send_all(self, commands: Sequence[Sequence[Word]]) -> None:
        with self._problems_told():
            self._connection.send_all(commands)

    def _reply(self) -> Any:
        with self._problems_told():
            return self._connection.reply()

    @contextmanager
    def _problems_told(self) -> Iterator[None]:
        try:
            yield
        except LabError as problem:
            raise LabError(f"cannot be read back: {problem.what}", where=self.where) from problem


def _chunks(slots: int) -> Iterator[range]:
    for first in range(0, slots, KEYS_A_COMMAND):
        yield range(first, min(first + KEYS_A_COMMAND, slots))


def _state(value: bytes | None, key: bytes, value_bytes: int) -> int:
    if value is None:
        return ABSENT
    return PRESENT if value == value_of(key, value_bytes) else DIFFERENT
