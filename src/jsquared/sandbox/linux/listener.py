"""A socket of this machine that listens as a host; see :class:`jsquared.sandbox.sandbox.Listener`."""

import socket


class LocalListener:
    """Takes connections. It is made where it belongs: in the thread that has entered the host's network.

    :raises OSError: it cannot listen there.
    """

    def __init__(self, address: str, port: int) -> None:
        self._socket = socket.create_server((address, port))

    @property
    def port(self) -> int:
        """Its port on the host."""
        return int(self._socket.getsockname()[1])

    def accept(self, limit_s: float) -> tuple[socket.socket, tuple[str, int]]:
        """Return the next connection and where it comes from; TimeoutError where none comes in time."""
        self._socket.settimeout(limit_s)
        try:
            return self._socket.accept()
        except BlockingIOError as nobody:
            raise TimeoutError from nobody

    def close(self) -> None:
        """Listen no more."""
        self._socket.close()

    def __enter__(self) -> "LocalListener":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
