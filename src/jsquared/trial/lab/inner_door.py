"""A second way to ask a lab: for programs that run in it, which see neither its caller's network nor its caller's folders.

The socket lies in the lab's own memory file system, so nothing of it is left however the lab ends, and only programs that were started
with it see it.
"""

import socket
import threading
from collections.abc import Callable
from pathlib import Path

from jsquared.records.private_files import make_private_folder
from jsquared.records.unix_sockets import listening_at

FOLDER, NAME = ".door", "socket"
"""Beside the folders of a host's servers."""
BACKLOG = 64


class InnerDoor:
    """Opened when it is first asked for; ``accept`` takes its connections, in a thread of its own."""

    def __init__(self, accept: Callable[[socket.socket], None]) -> None:
        self._accept = accept
        self._listener: socket.socket | None = None
        self._path = Path()
        self._lock = threading.Lock()

    def open(self, folder: Path) -> Path:
        """Return the path of the socket; the first call makes it in a folder."""
        with self._lock:
            if self._listener is None:
                self._path = folder / FOLDER / NAME
                make_private_folder(self._path.parent, exist_ok=True)
                self._listener = listening_at(self._path, BACKLOG)
                threading.Thread(target=self._accept, args=(self._listener,), name="inner door", daemon=True).start()
            return self._path

    def close(self) -> None:
        """Take no more connections."""
        with self._lock:
            if self._listener is not None:
                self._listener.close()
