"""What a connection makes of events that are not meant for it."""

from typing import Any

from jsquared.workload.link import CONNECTING
from jsquared.workload.poller import WRITABLE


class Unconnected:
    """A socket whose connection is still being made."""

    def getsockopt(self, level: int, name: int) -> int:
        """No error so far."""
        return 0

    def getpeername(self) -> Any:
        """Nobody is there yet."""
        raise OSError

    def close(self) -> None:
        """As a socket."""


def test_an_event_of_an_earlier_socket_is_ignored(lab) -> None:
    """A connection under way is not taken as made because of an event for a closed socket with the same number."""
    lab.serve()
    client = lab.begin()
    link = client.primary.connections[0]
    link.state, real, link._plain = CONNECTING, link._plain, Unconnected()  # type: ignore[assignment]
    link.event(WRITABLE)
    assert link.state == CONNECTING
    link._plain = real
    link.event(WRITABLE)
    lab.finish()
