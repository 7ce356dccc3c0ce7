"""The relay: frames in, frames out, commands in between; over lines made here in place of packet sockets."""

import json
import os
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from jsquared.sandbox.linux import impair_relay
from jsquared.sandbox.linux.impair_relay import Relay

SETTINGS = {"delay_ms": 0, "jitter_ms": 0, "loss_percent": 0, "duplicate_percent": 0, "rate_kbit": 0, "seed": 1}
ONE, TWO = (socket.inet_aton(f"10.77.1.{number}") for number in (1, 2))
PAIR = (ONE + TWO).hex()


def frame(source: bytes = ONE, destination: bytes = TWO, port: int = 5) -> bytes:
    """A frame as a packet socket gives it: 10 bytes about it, Ethernet, IPv4, ports."""
    return bytes(10 + 14) + b"\x45" + bytes(11) + source + destination + port.to_bytes(2, "big") + b"\0\7"


class Lines:
    """A relay between two lines: what is sent on ``host`` it receives, what it sends arrives at ``switch``."""

    def __init__(self) -> None:
        self.host, receives = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.switch, sends = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.inner = receives, sends
        for each in (self.host, self.switch, *self.inner):
            each.setblocking(False)
        self.relay = Relay([self.inner])

    def pass_on(self, *frames: bytes) -> list[bytes]:
        """What the relay makes of frames at once."""
        for each in frames:
            self.host.send(each)
        self.relay.receive(self.inner[0])
        self.relay.release()
        return self.arrived()

    def arrived(self) -> list[bytes]:
        """What has come out since this was last asked."""
        frames = []
        while True:
            try:
                frames.append(self.switch.recv(4096))
            except BlockingIOError:
                return frames

    def close(self) -> None:
        """Close all four ends."""
        for each in (self.host, self.switch, *self.inner):
            each.close()


@pytest.fixture
def lines() -> Iterator[Lines]:
    """A relay with nothing impaired yet."""
    made = Lines()
    yield made
    made.close()


def add(name: str, port: int = 0, **settings: float) -> dict[str, Any]:
    """The command that impairs packets from ONE to TWO."""
    return {"add": name, "settings": SETTINGS | settings, "directions": [{"pairs": [PAIR], "port": port}]}


def test_frames_of_impaired_links_go_on(lines: Lines) -> None:
    """Frames come out as they came in; those of no impaired link do not, for the switch carries them itself."""
    lines.relay.command(add("a"))
    assert lines.pass_on(frame(), frame(TWO, ONE), frame(port=9)) == [frame(), frame(port=9)]
    assert lines.relay.command({"count": "a"})["packets"] == 2


def test_a_port_narrows_it(lines: Lines) -> None:
    """With a port, only packets from or to it are relayed."""
    lines.relay.command(add("a", port=6379))
    assert lines.pass_on(frame(port=5), frame(port=6379)) == [frame(port=6379)]


def test_impairments_come_and_go(lines: Lines) -> None:
    """Two impairments of a link are both in effect; without any, nothing is relayed."""
    lines.relay.command(add("a", duplicate_percent=100))
    lines.relay.command(add("b", duplicate_percent=100))
    assert len(lines.pass_on(frame())) == 4
    assert lines.relay.command({"remove": "a"})["duplicated"] == 1
    assert len(lines.pass_on(frame())) == 2
    assert lines.relay.command({"remove": "b"})["duplicated"] == 2
    assert lines.pass_on(frame()) == []


def test_removing_sends_what_waits(lines: Lines) -> None:
    """A delayed frame leaves when its impairment ends, before the answer."""
    lines.relay.command(add("a", delay_ms=60_000))
    assert lines.pass_on(frame()) == []
    assert lines.relay.release() > 50  # type: ignore[operator]
    assert lines.relay.command({"remove": "a"})["delayed"] == 1
    assert lines.arrived() == [frame()]


def test_a_line_that_is_gone_loses_frames(lines: Lines) -> None:
    """When the other end is closed, frames are lost and the relay goes on."""
    lines.relay.command(add("a"))
    lines.switch.close()
    lines.host.send(frame())
    lines.relay.receive(lines.inner[0])
    assert lines.relay.release() is None
    assert lines.relay.command({"count": "a"})["packets"] == 1


def test_many_frames_are_taken_in_turns(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    """One socket's flood does not keep the relay from the others: it takes so many at once and no more."""
    monkeypatch.setattr(impair_relay, "_AT_ONCE", 3)
    lines.relay.command(add("a"))
    assert len(lines.pass_on(*[frame()] * 5)) == 3
    assert len(lines.pass_on()) == 2


def test_it_serves_until_its_commands_end(lines: Lines) -> None:
    """Commands may arrive in pieces, each is answered by a line, frames go on in between, and the end of commands is the end."""
    (commands, tell), (hear, answers) = os.pipe(), os.pipe()
    server = threading.Thread(target=impair_relay.serve, args=(lines.relay, commands, answers))
    server.start()
    text = json.dumps(add("a")).encode() + b"\n"
    os.write(tell, text[:20])
    os.write(tell, text[20:])
    assert json.loads(os.read(hear, 4096))["packets"] == 0
    lines.host.send(frame())
    lines.switch.settimeout(10)
    assert lines.switch.recv(4096) == frame()
    os.close(tell)
    server.join(10)
    assert not server.is_alive()
    for descriptor in (commands, hear, answers):
        os.close(descriptor)


def test_it_starts_from_descriptors(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program pairs up the descriptors that it is given, and serves its standard input and output."""
    served = []
    monkeypatch.setattr(impair_relay, "serve", lambda *given: served.append(given))
    copies = [os.dup(each.fileno()) for each in lines.inner]
    impair_relay.main([str(copy) for copy in copies])
    [(relay, commands, answers)] = served
    [(receives, sends)] = relay.sources.items()
    assert (commands, answers) == (0, 1)
    assert [receives.fileno(), sends.fileno()] == copies
    receives.close()
    sends.close()
    assert impair_relay.argv([7, 9])[-2:] == ["7", "9"]
