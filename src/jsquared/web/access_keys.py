"""The secrets of one server: the token of the printed address, the cookie that it is exchanged for, and the mark of changing requests.

All are random, made at the start, kept in memory alone and compared in constant time. Cookies are not kept apart by port: a browser that
visits somebody else's server on another port of 127.0.0.1 sends it every cookie whose path fits. So the whole page lies below a random
path, the room, which nobody else can guess, and the cookie is for that path alone.
"""

import secrets
from dataclasses import dataclass, field
from hmac import compare_digest

TOKEN_BYTES, ROOM_BYTES = 32, 12


def _made() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


@dataclass(frozen=True, repr=False)
class AccessKeys:
    """The secrets; none of them is in its representation."""

    token: str = field(default_factory=_made)
    """Opens the page once it is in the address; whoever has started the command sees it."""
    cookie: str = field(default_factory=_made)
    change_mark: str = field(default_factory=_made)
    """What every changing request has in a header, which no other site can set or read."""
    room: str = field(default_factory=lambda: secrets.token_urlsafe(ROOM_BYTES))

    def opens(self, token: str) -> bool:
        """True for the token."""
        return _same(token, self.token)

    def knows(self, cookie: str) -> bool:
        """True for the value of the cookie."""
        return _same(cookie, self.cookie)

    def allows_change(self, mark: str) -> bool:
        """True for the mark of changing requests."""
        return _same(mark, self.change_mark)


def _same(given: str, expected: str) -> bool:
    return compare_digest(given.encode("utf-8", "backslashreplace"), expected.encode())
