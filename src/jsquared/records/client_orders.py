"""The order that gives a client process other credentials while it runs: one line on its stdin, which faults write and clients read."""

import json

LOGIN = b"login "
"""How the line begins."""


def login_order(username: str, password: str) -> bytes:
    """Return the line that makes a client log in like this at data nodes from its next connections on."""
    return LOGIN + json.dumps([username, password]).encode() + b"\n"


def login_in(line: bytes) -> tuple[str, str]:
    """Return user and password of such a line, without its end.

    :raises ValueError: it is another one.
    """
    username, password = json.loads(line.removeprefix(LOGIN))
    return str(username), str(password)
