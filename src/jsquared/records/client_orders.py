"""Orders that give a client process other credentials or another rate while it runs: lines on its stdin."""

import json

LOGIN = b"login "
"""How the line begins."""
RATE = b"rate "
"""Likewise, of another rate."""


def login_order(username: str, password: str) -> bytes:
    """Return the line that makes a client log in like this at data nodes from its next connections on."""
    return LOGIN + json.dumps([username, password]).encode() + b"\n"


def login_in(line: bytes) -> tuple[str, str]:
    """Return user and password of such a line, without its end.

    :raises ValueError: it is another one.
    """
    username, password = json.loads(line.removeprefix(LOGIN))
    return str(username), str(password)


def rate_order(rate_per_s: int) -> bytes:
    """Return the line that makes a client begin so many writes a second from now on."""
    return RATE + b"%d\n" % rate_per_s


def rate_in(line: bytes) -> int:
    """Return the writes a second of such a line, without its end.

    :raises ValueError: it is another one.
    """
    rate_per_s = int(line.removeprefix(RATE))
    if rate_per_s < 1:
        raise ValueError(f"{rate_per_s} writes a second")
    return rate_per_s
