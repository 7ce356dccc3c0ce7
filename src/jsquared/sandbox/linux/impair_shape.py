"""The effect of an impaired link on each packet: when it leaves, how often, or that it never does. Pure arithmetic on one clock.

Order is kept: a packet never overtakes one before it in the same direction, as on a line with a queue. So jitter stretches and
bunches traffic, and does not make TCP believe in losses that that were not asked for.
"""

import heapq
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar

QUEUE_LIMIT_S = 1.0
"""A packet that would wait longer than this for its turn on a slow link is dropped, as by a router with a full queue."""
HELD_LIMIT_BYTES = 64 << 20

Packet = TypeVar("Packet")


class Shape:
    """One direction between two hosts under one impairment. Times are seconds on the caller's clock.

    :param settings: ``delay_ms``, ``jitter_ms``, ``loss_percent``, ``duplicate_percent``, ``rate_kbit`` (0: no limit), ``seed``.
    :param direction: which of the impairment's directions this is; each draws its own numbers from the seed.
    """

    def __init__(self, settings: Mapping[str, float], direction: int, counts: dict[str, int]) -> None:
        self.counts = counts
        self._delay_s = settings["delay_ms"] / 1000
        self._jitter_s = settings["jitter_ms"] / 1000
        self._loss = settings["loss_percent"] / 100
        self._duplicate = settings["duplicate_percent"] / 100
        self._byte_s = 8 / (settings["rate_kbit"] * 1000) if settings["rate_kbit"] else 0.0
        self._draw = random.Random(f"{settings['seed']} {direction}").random  # noqa: S311 -- reproducible, not secret
        self._free_s = 0.0
        self._last_s = 0.0

    def leaves(self, now_s: float, size: int) -> float | None:
        """When a packet of ``size`` bytes that arrives now leaves; None when it is lost."""
        self.counts["packets"] += 1
        if self._loss and self._draw() < self._loss:
            self.counts["lost"] += 1
            return None
        starts_s = max(now_s, self._free_s)
        if starts_s - now_s > QUEUE_LIMIT_S:
            self.counts["overflowed"] += 1
            return None
        self._free_s = starts_s + size * self._byte_s
        spread_s = self._jitter_s * (2 * self._draw() - 1) if self._jitter_s else 0.0
        leaves_s = max(self._free_s + max(0.0, self._delay_s + spread_s), self._last_s)
        self._last_s = leaves_s
        if leaves_s > now_s:
            self.counts["delayed"] += 1
        return leaves_s

    def copies(self) -> int:
        """How often a packet that was not lost leaves: 1, or 2."""
        if self._duplicate and self._draw() < self._duplicate:
            self.counts["duplicated"] += 1
            return 2
        return 1


def no_counts() -> dict[str, int]:
    """All counters of an impairment, at zero."""
    return dict.fromkeys(("packets", "delayed", "lost", "duplicated", "overflowed"), 0)


class Held(Generic[Packet]):
    """Packets under way, by the time at which they leave; equal times keep their order."""

    def __init__(self, send: Callable[[Packet], None]) -> None:
        self._send = send
        self._heap: list[tuple[float, int, int, Sequence[Shape], Packet]] = []
        self._number = 0
        self._bytes = 0

    def accept(self, packet: Packet, size: int, shapes: Sequence[Shape], now_s: float) -> None:
        """Take a packet through every impairment of its link, one after the other."""
        at_s, copies = now_s, 1
        for shape in shapes:
            leaves_s = shape.leaves(at_s, size)
            if leaves_s is None:
                return
            at_s = leaves_s
            copies *= shape.copies()
        if self._bytes > HELD_LIMIT_BYTES:
            shapes[-1].counts["overflowed"] += 1
            return
        for _ in range(copies):
            self._number += 1
            self._bytes += size
            heapq.heappush(self._heap, (at_s, self._number, size, shapes, packet))

    def release(self, now_s: float) -> float | None:
        """Send what is due; how many seconds from now the next one is, None when nothing is under way."""
        while self._heap and self._heap[0][0] <= now_s:
            _, _, size, _, packet = heapq.heappop(self._heap)
            self._bytes -= size
            self._send(packet)
        return self._heap[0][0] - now_s if self._heap else None

    def flush(self, ended: Sequence[Shape]) -> None:
        """Send at once, in their order, what still waits for impairments that have ended."""
        over = set(map(id, ended))
        waiting, self._heap = sorted(self._heap, key=lambda entry: entry[:2]), []
        for entry in waiting:
            if over.isdisjoint(map(id, entry[3])):
                self._heap.append(entry)  # in order, so a heap
            else:
                self._bytes -= entry[2]
                self._send(entry[4])


def shapes_of(
    settings: Mapping[str, float], directions: Sequence[Mapping[str, object]], counts: dict[str, int]
) -> Iterator[tuple[bytes, int, Shape]]:
    """Source and destination address as 8 bytes, port (0: any) and shape, for every pair of addresses of an impairment."""
    for number, direction in enumerate(directions):
        shape = Shape(settings, number, counts)
        for pair in direction["pairs"]:  # type: ignore[attr-defined]
            yield bytes.fromhex(pair), int(direction["port"] or 0), shape  # type: ignore[call-overload]
