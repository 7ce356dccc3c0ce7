"""Sockets that lie in a folder, however long its path is: a socket's own address has room for 107 bytes (unix(7))."""

import os
import socket
from collections.abc import Callable
from pathlib import Path


def listening_at(path: Path, backlog: int) -> socket.socket:
    """Return a socket that takes connections at a path, whose folder is there.

    :raises OSError: something lies there already, or it cannot be made.
    """
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _within(path, made.bind)
        made.listen(backlog)
    except OSError:
        made.close()
        raise
    return made


def connected_to(path: Path) -> socket.socket:
    """Return a connection to the socket at a path.

    :raises OSError: nobody takes connections there.
    """
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _within(path, made.connect)
    except OSError:
        made.close()
        raise
    return made


def _within(path: Path, act: Callable[[str], None]) -> None:
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        act(f"/proc/self/fd/{folder}/{path.name}")
    finally:
        os.close(folder)
