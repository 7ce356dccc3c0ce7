"""Lines between a lab and whoever asks it: bounded both ways, with descriptors, over a Unix socket of the same user."""

import os
import socket
import struct

from jsquared.errors import BadInputError

LONGEST_QUESTION_BYTES = 1 << 20
"""A program's environment is the longest part of one: the kernel allows 128 KiB a word."""
LONGEST_ANSWER_BYTES = 16 << 20
MOST_DESCRIPTORS = 4
QUESTION_LIMIT_S = 10.0
"""So long somebody who has connected may take for saying what he wants."""
_PIECE_BYTES = 1 << 16
_CREDENTIALS = struct.Struct("3i")


class Line:
    """Reads a connection line by line; ``descriptors`` are those that came with what was read, and belong to the caller."""

    def __init__(self, connection: socket.socket, limit_bytes: int) -> None:
        self._connection = connection
        self._limit_bytes = limit_bytes
        self._left = b""
        self.descriptors: list[int] = []

    def next(self) -> bytes:
        """The next line without its end; empty at the end of the connection, where an unfinished line is lost.

        :raises BadInputError: it is longer than allowed, or more descriptors came than anybody needs.
        :raises OSError: the connection broke, or nothing came in time.
        """
        while b"\n" not in self._left:
            piece, descriptors, _, _ = socket.recv_fds(self._connection, _PIECE_BYTES, MOST_DESCRIPTORS)
            self.descriptors += descriptors
            if len(self.descriptors) >= MOST_DESCRIPTORS:
                raise BadInputError("too many descriptors", where="the lab's socket", hint="jsquared lab")
            if not piece:
                return b""
            self._left += piece
            if len(self._left) > self._limit_bytes:
                raise BadInputError(
                    f"a line of more than {self._limit_bytes:,} bytes", where="the lab's socket", hint="a shorter one"
                )
        line, _, self._left = self._left.partition(b"\n")
        return line

    def close_descriptors(self) -> None:
        """Close those that nobody has taken."""
        while self.descriptors:
            os.close(self.descriptors.pop())


def send(connection: socket.socket, line: bytes, descriptors: tuple[int, ...] = ()) -> None:
    """Send a line, with descriptors in front of its first byte.

    :raises OSError: nobody takes it.
    """
    data = line + b"\n"
    sent = socket.send_fds(connection, [data], descriptors) if descriptors else 0
    if sent < len(data):  # to send nothing fails too, where the other end has answered and gone already
        connection.sendall(data[sent:])


def is_same_user(connection: socket.socket) -> bool:
    """True if the process at the other end runs as this one's user (SO_PEERCRED of unix(7))."""
    found = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, user, _ = _CREDENTIALS.unpack(found)
    return bool(user == os.geteuid())
