"""The relay of impaired links: a process that takes packets off the switch and puts them back later, twice, or never.

It is started with raw packet sockets as inherited descriptors: for every host one that receives what that host sends over impaired
links, and one that sends on the switch in that host's name. Commands come as JSON lines on stdin, each answered by one on stdout::

    {"add": "7", "settings": {"delay_ms": 50, …}, "directions": [{"pairs": ["0a4d01010a4d0102", …], "port": 0}, …]}
    {"count": "7"}      answered {"packets": …, "delayed": …, "lost": …, "duplicated": …, "overflowed": …}
    {"remove": "7"}     answered likewise, once all that was under way has been sent

It ends with its stdin. Standard library only and without site packages, because it must be up within some tens of milliseconds.
Frames begin with the 10 bytes of ``struct virtio_net_hdr`` (``linux/virtio_net.h``), so that unfinished checksums and packets larger
than a frame go back as they came.
"""

import json
import os
import select
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jsquared.sandbox.linux.impair_shape import Held, Shape, no_counts, shapes_of

FRAME_LIMIT_BYTES = 10 + 14 + 65536
_ETHERNET = 10
_IPV4 = _ETHERNET + 14
_PAIR = slice(_IPV4 + 12, _IPV4 + 20)
_AT_ONCE = 64
_COMMAND_BYTES = 1 << 16

Frame = tuple[bytes, socket.socket]


class Relay:
    """Impairments in effect, and the packets under way.

    :param ports: for every host, the socket that receives what it sends, and the one to send in its name.
    """

    def __init__(self, ports: Sequence[tuple[socket.socket, socket.socket]]) -> None:
        self.sources = dict(ports)
        self._impairments: dict[str, tuple[dict[str, int], list[tuple[bytes, int, Shape]]]] = {}
        self._routes: dict[bytes, list[tuple[int, Shape]]] = {}
        self._held: Held[Frame] = Held(_send)
        self._buffer = bytearray(FRAME_LIMIT_BYTES)
        self._view = memoryview(self._buffer)

    def command(self, words: Mapping[str, Any]) -> dict[str, int]:
        """Carry out one command; the counts of the impairment that it is about."""
        if "add" in words:
            counts = no_counts()
            self._impairments[words["add"]] = counts, list(shapes_of(words["settings"], words["directions"], counts))
        elif "remove" in words:
            counts, shapes = self._impairments.pop(words["remove"])
            self._held.flush([shape for _, _, shape in shapes])
        else:
            return self._impairments[words["count"]][0]
        self._routes = {}
        for _, shapes in self._impairments.values():
            for pair, port, shape in shapes:
                self._routes.setdefault(pair, []).append((port, shape))
        return counts

    def receive(self, source: socket.socket) -> None:
        """Take the packets that wait at a socket, some at once."""
        target = self.sources[source]
        for _ in range(_AT_ONCE):
            try:
                size = source.recv_into(self._buffer)
            except BlockingIOError:
                return
            frame = bytes(self._view[:size])
            shapes = [shape for port, shape in self._routes.get(frame[_PAIR], ()) if not port or port in _ports(frame)]
            if shapes:
                self._held.accept((frame, target), size - _ETHERNET, shapes, time.monotonic())

    def release(self) -> float | None:
        """Send what is due; seconds until the next is, None when nothing is under way."""
        return self._held.release(time.monotonic())


def _ports(frame: bytes) -> tuple[int, int]:
    """The ports of a TCP or UDP packet."""
    at = _IPV4 + 4 * (frame[_IPV4] & 15)
    return int.from_bytes(frame[at : at + 2], "big"), int.from_bytes(frame[at + 2 : at + 4], "big")


def _send(frame: Frame) -> None:
    data, target = frame
    try:
        target.send(data)
    except OSError:  # the port is gone with its host, or its queue is full: lost, as on any network
        return


def serve(relay: Relay, commands: int, answers: int) -> None:
    """Relay until ``commands`` ends."""
    unread = b""
    sources = {source.fileno(): source for source in relay.sources}
    while True:
        ready = select.select([*sources, commands], [], [], relay.release())[0]
        for descriptor in ready:
            if descriptor in sources:
                relay.receive(sources[descriptor])
        if commands in ready:
            data = os.read(commands, _COMMAND_BYTES)
            if not data:
                return
            *lines, unread = (unread + data).split(b"\n")
            for line in lines:
                os.write(answers, json.dumps(relay.command(json.loads(line))).encode() + b"\n")


def argv(descriptors: Sequence[int]) -> list[str]:
    """The command line that starts a relay between these descriptors; see :func:`main`."""
    root = Path(__file__).parents[3]
    program = f"import sys; sys.path.append({str(root)!r}); from {__name__} import main; main(sys.argv[1:])"
    return [sys.executable, "-I", "-S", "-c", program, *map(str, descriptors)]


def main(descriptors: Sequence[str]) -> None:
    """Relay between sockets given as descriptor numbers: one that receives, one that sends, and so on."""
    sockets = [socket.socket(fileno=int(descriptor)) for descriptor in descriptors]
    for each in sockets:
        each.setblocking(False)
    serve(Relay(list(zip(sockets[::2], sockets[1::2], strict=True))), 0, 1)
