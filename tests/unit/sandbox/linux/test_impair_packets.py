"""Packet filters, run by the kernel on made-up frames: a filter looks at whatever a socket is sent."""

import errno
import os
import socket
import struct
from collections.abc import Iterator

import pytest

from jsquared.sandbox.linux import impair_packets
from jsquared.sandbox.linux.impair_packets import receiver, select_pairs, sender, take_missed

ONE, TWO, OTHER = (socket.inet_aton(f"10.77.1.{number}") for number in (1, 2, 3))


def frame(
    source: bytes, destination: bytes, ports: tuple[int, int] = (1, 2), protocol: int = 6, words: int = 5
) -> bytes:
    """An Ethernet frame with an IPv4 packet, its header of so many words."""
    header = struct.pack(">BxHxxxxBBxx", 0x40 | words, 0, 64, protocol) + source + destination
    return bytes(12) + b"\x08\x00" + header + bytes(4 * (words - 5)) + struct.pack(">HH", *ports)


@pytest.fixture
def line() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two ends of a line that carries whole datagrams."""
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    there.setblocking(False)
    with here, there:
        yield here, there


def passes(line: tuple[socket.socket, socket.socket], data: bytes) -> bool:
    """Whether a frame gets through the filter, whole."""
    here, there = line
    here.send(data)
    try:
        return there.recv(4096) == data
    except BlockingIOError:
        return False


def test_only_the_pairs_asked_for_pass(line: tuple[socket.socket, socket.socket]) -> None:
    """Source and destination must both fit, in this direction."""
    select_pairs(line[1], [(ONE + TWO, 0), (ONE + OTHER, 0)])
    assert passes(line, frame(ONE, TWO))
    assert passes(line, frame(ONE, OTHER))
    assert not passes(line, frame(TWO, ONE))
    assert not passes(line, frame(TWO, OTHER))
    assert not passes(line, frame(OTHER, TWO))


def test_nothing_passes_without_pairs(line: tuple[socket.socket, socket.socket]) -> None:
    """No pairs, no packets; and a selection replaces the one before."""
    select_pairs(line[1], [(ONE + TWO, 0)])
    select_pairs(line[1], [])
    assert not passes(line, frame(ONE, TWO))


def test_a_port_may_be_at_either_end(line: tuple[socket.socket, socket.socket]) -> None:
    """With a port, TCP and UDP packets from or to it pass, also behind a header with options; other protocols do not."""
    select_pairs(line[1], [(ONE + TWO, 6379), (ONE + OTHER, 0)])
    assert passes(line, frame(ONE, TWO, (6379, 5)))
    assert passes(line, frame(ONE, TWO, (5, 6379)))
    assert passes(line, frame(ONE, TWO, (5, 6379), protocol=17, words=7))
    assert passes(line, frame(ONE, OTHER, (5, 6)))
    assert not passes(line, frame(ONE, TWO, (5, 6)))
    assert not passes(line, frame(ONE, TWO, (6379, 5), protocol=1))


def test_other_than_ipv4_does_not_pass(line: tuple[socket.socket, socket.socket]) -> None:
    """What is not IPv4 is not looked into."""
    select_pairs(line[1], [(ONE + TWO, 0)])
    assert not passes(line, frame(ONE, TWO).replace(b"\x08\x00", b"\x86\xdd", 1))


class Refusing:
    """A socket that takes everything but one step."""

    def __init__(self, refuses: str, error: int = errno.EPERM) -> None:
        self.refuses = refuses
        self.error = error
        self.closed = False

    def setsockopt(self, _level: int, option: int, *_: object) -> None:
        """Refuse one option."""
        if str(option) == self.refuses:
            raise OSError(self.error, os.strerror(self.error))

    def bind(self, _address: object) -> None:
        """Refuse to be bound."""
        if self.refuses == "bind":
            raise OSError(self.error, os.strerror(self.error))

    def getsockopt(self, *_: int) -> bytes:
        """The kernel's counters."""
        return struct.pack("=II", 10, 3)

    def close(self) -> None:
        """Be closed."""
        self.closed = True


@pytest.mark.parametrize("make", [lambda: receiver("host1"), lambda: sender(101)])
def test_a_refused_socket_is_closed(make: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the kernel refuses a step, nothing is left open."""
    made = Refusing("bind")
    monkeypatch.setattr(impair_packets.socket, "socket", lambda *_: made)
    with pytest.raises(PermissionError):
        make()  # type: ignore[operator]
    assert made.closed


def test_room_beyond_the_usual_limit_is_a_bonus(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the privilege for more room the socket works with what it gets; any other refusal is one."""
    made = Refusing(str(impair_packets._SO_RCVBUFFORCE))
    monkeypatch.setattr(impair_packets.socket, "socket", lambda *_: made)
    assert receiver("host1") is made  # type: ignore[comparison-overlap]
    made.error = errno.EINVAL
    with pytest.raises(OSError, match="Invalid argument"):
        receiver("host1")
    assert made.closed


def test_missed_packets_are_taken_from_the_kernel() -> None:
    """The second of the kernel's two counters is what found no room."""
    assert take_missed(Refusing("")) == 3  # type: ignore[arg-type]
