"""Readiness of sockets: one epoll, a handler a descriptor, and timeouts finer than epoll's millisecond.

A handler is called with the event mask. It may close any descriptor, its own included: events that were already fetched for a
closed one are dropped.
"""

import select
from collections.abc import Callable

READABLE = select.EPOLLIN
WRITABLE = select.EPOLLOUT
CLOSED = select.EPOLLHUP | select.EPOLLERR | select.EPOLLRDHUP

# Below this the epoll timeout, which is rounded up to whole milliseconds, would be too coarse for a write's intended time.
FINE_NS = 20_000_000


class Poller:
    """One epoll. ``handlers`` may be replaced in place to change what a descriptor's events mean."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self.handlers: dict[int, Callable[[int], None]] = {}

    def watch(self, descriptor: int, mask: int, handler: Callable[[int], None]) -> None:
        """Call ``handler`` with the event mask whenever one of ``mask`` holds.

        :raises PermissionError: a regular file, which is always ready.
        """
        self._epoll.register(descriptor, mask)
        self.handlers[descriptor] = handler

    def change(self, descriptor: int, mask: int) -> None:
        """Watch for other events."""
        self._epoll.modify(descriptor, mask)

    def forget(self, descriptor: int) -> None:
        """Stop watching; before the descriptor is closed."""
        del self.handlers[descriptor]
        self._epoll.unregister(descriptor)

    def run(self, timeout_ns: int, *, fine: bool = True) -> None:
        """Wait for events up to ``timeout_ns``, to the millisecond unless ``fine``, and handle them all."""
        if not fine or timeout_ns >= FINE_NS:
            events = self._epoll.poll(timeout_ns / 1e9)
        elif timeout_ns <= 0 or select.select((self._epoll,), (), (), timeout_ns / 1e9)[0]:
            events = self._epoll.poll(0)
        else:
            return
        handlers = self.handlers
        for descriptor, mask in events:
            handler = handlers.get(descriptor)
            if handler is not None:
                handler(mask)

    def close(self) -> None:
        """Let go of the epoll."""
        self._epoll.close()
