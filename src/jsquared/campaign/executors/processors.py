"""How busy this machine's processors are: the kernel's own account of them (proc(5), /proc/stat), over the last second or so.

A number of trials that was measured on one machine says little about another: one with half the speed, or with much else to do, has no
processor time for as many, and all of them wait. Then more trials side by side make a suite no faster, and their times longer.
"""

import os
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

STAT = Path("/proc/stat")
WINDOW_S = 1.0
"""What counts is the mean over so long: a trial that begins is busy for about as long."""
LOOK_EVERY_S = 0.1
BUSY_SHARE = 0.9
"""With a greater share of the time in use, nothing more fits beside what runs."""
_IDLE_FIELDS = (3, 4)
"""Idle, and waiting for a disk."""


def processor_times() -> tuple[int, int]:
    """Return the busy and the whole time of the processors that this process may run on, in ticks; (0, 0) where nothing is known."""
    wanted = {f"cpu{number}" for number in os.sched_getaffinity(0)}
    busy = whole = 0
    try:
        lines = STAT.read_text(encoding="ascii").splitlines()
    except OSError:  # some containers hide it: then the number of trials is what it is
        return 0, 0
    for line in lines:
        name, *words = line.split()
        if name in wanted:
            ticks = [int(word) for word in words[:8]]  # those of guests are in those of users already
            whole += sum(ticks)
            busy += sum(ticks) - sum(ticks[index] for index in _IDLE_FIELDS)
    return busy, whole


@dataclass
class Processors:
    """The processors that this process may run on. ``now_s`` and ``times`` are for tests."""

    now_s: Callable[[], float] = time.monotonic
    times: Callable[[], tuple[int, int]] = processor_times
    _looks: deque[tuple[float, int, int]] = field(default_factory=deque)

    def forget(self) -> None:
        """Begin anew: something was started, which the past knows nothing about."""
        self._looks.clear()

    def have_time(self) -> bool:
        """True once they were seen to have time left, for as long as ``WINDOW_S``; to be asked again and again."""
        now_s = self.now_s()
        if not self._looks or now_s - self._looks[-1][0] >= LOOK_EVERY_S:
            self._looks.append((now_s, *self.times()))
        while len(self._looks) > 1 and now_s - self._looks[1][0] >= WINDOW_S:
            self._looks.popleft()
        first, last = self._looks[0], self._looks[-1]
        if last[0] - first[0] < WINDOW_S:
            return False
        total = last[2] - first[2]
        return total == 0 or (last[1] - first[1]) / total <= BUSY_SHARE
