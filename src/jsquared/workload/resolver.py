"""Names that Sentinels answer, looked up as any client's library does: by the host's own resolver, which may be slow or fail.

A lookup blocks, so each runs in its own thread; the client asks again until the answer is there.
"""

import socket
import threading
from collections.abc import Callable

from jsquared.clock import NS_PER_MS, now_ns

VALID_NS = 1000 * NS_PER_MS
"""A name is looked up again after so long: clients look up whenever they connect."""


def is_address(text: str) -> bool:
    """True if a Sentinel's answer is an IP address, not a name."""
    return ":" in text or text.replace(".", "").isdecimal()


class Resolver:
    """Addresses of names. Used from one thread; ``lookup`` is called in others and raises OSError where it fails."""

    def __init__(self, lookup: Callable[[str], str] = socket.gethostbyname) -> None:
        self._lookup = lookup
        self._known: dict[str, tuple[str, int]] = {}
        self._under_way: dict[str, threading.Thread] = {}

    def address(self, name: str) -> str:
        """The address of a name; empty while it is not known, and then it is being looked up."""
        if is_address(name):
            return name
        address, found_ns = self._known.get(name, ("", 0))
        if address and now_ns() - found_ns < VALID_NS:
            return address
        running = self._under_way.get(name)
        if running is None or not running.is_alive():
            self._under_way[name] = threading.Thread(target=self._look_up, args=(name,), daemon=True)
            self._under_way[name].start()
        return ""

    def _look_up(self, name: str) -> None:
        try:
            address = self._lookup(name)
        except (OSError, UnicodeError):
            address = ""
        self._known[name] = (address, now_ns())
