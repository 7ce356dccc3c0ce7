"""Connecting over TCP: how all connections come about, unless their owner is given another way, such as that of a sandbox."""

import errno
import socket
from collections.abc import Callable

Dial = Callable[[str, int, float], socket.socket]
"""Connects to an address and a port, as :func:`dial` does."""

IP_BIND_ADDRESS_NO_PORT = 24  # not named by Python before 3.12; a port is then chosen at connect, so none run out
_UNDER_WAY = (0, errno.EINPROGRESS)


def dial(address: str, port: int, limit_s: float, source_address: str = "") -> socket.socket:
    """Return a connected socket.

    :param limit_s: within so many seconds, which then is its timeout too; 0 for a non-blocking socket that may still be connecting.
    :param source_address: an address of this host to come from; any where it is empty.
    :raises OSError: there is no connection in time.
    """
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.settimeout(limit_s)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if source_address:
            made.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
            made.bind((source_address, 0))
        if limit_s:
            made.connect((address, port))
        elif (code := made.connect_ex((address, port))) not in _UNDER_WAY:
            raise OSError(code, errno.errorcode.get(code, ""))
    except OSError:
        made.close()
        raise
    return made
