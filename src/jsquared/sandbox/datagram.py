"""The measurement behind ``probe``: does a datagram arrive?"""

import os
import socket
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from jsquared.errors import SandboxError

_ATTEMPTS = 3
_WAIT_S = 0.05

Place = Callable[[], AbstractContextManager[None]]


def arrives(source: tuple[Place, str], destination: tuple[Place, str], port: int | None) -> bool:
    """Send a UDP datagram from one address to another and say whether it arrives: 3 attempts of 50 ms.

    ``source`` and ``destination`` are the place a socket is made in and the address it is bound to; ``port`` is the
    destination's, any free one when None.

    :raises SandboxError: the sockets cannot be made there.
    """
    try:
        with _bound(*destination, port or 0) as receiver, _bound(*source, 0) as sender:
            return any(_one_arrives(sender, receiver) for _ in range(_ATTEMPTS))
    except OSError as error:
        raise SandboxError(f"cannot probe {source[1]} to {destination[1]}: {error.strerror}") from error


def _bound(place: Place, address: str, port: int) -> socket.socket:
    with place():
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
    try:
        made.bind((address, port))
    except OSError:
        made.close()
        raise
    return made


def _one_arrives(sender: socket.socket, receiver: socket.socket) -> bool:
    token = os.urandom(16)
    sender.sendto(token, receiver.getsockname())
    deadline = time.monotonic() + _WAIT_S
    while (left := deadline - time.monotonic()) > 0:
        receiver.settimeout(left)
        try:
            if receiver.recv(64) == token:
                return True
        except TimeoutError:
            return False
    return False
