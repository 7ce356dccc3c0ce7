"""The one clock of a trial: CLOCK_MONOTONIC, shared by every process of the machine, with a zero of its own.

Servers stamp their logs with wall-clock time, so the zero is kept on both clocks and :meth:`TrialClock.from_unix_s`
maps one to the other. A wall-clock step during a trial shifts log times only, never what the lab measured itself.
"""

import time
from dataclasses import dataclass

NS_PER_MS = 1_000_000


def now_ns() -> int:
    """Nanoseconds on CLOCK_MONOTONIC: comparable between all processes of this machine."""
    return time.monotonic_ns()


@dataclass(frozen=True)
class TrialClock:
    """The zero of a trial on both clocks; ``t_ms`` everywhere in the records is milliseconds since it."""

    zero_monotonic_ns: int
    zero_unix_ns: int

    @classmethod
    def start(cls) -> "TrialClock":
        """A clock whose zero is now."""
        return cls(time.monotonic_ns(), time.time_ns())

    def now_ms(self) -> float:
        """Milliseconds since the zero."""
        return self.from_monotonic_ns(time.monotonic_ns())

    def from_monotonic_ns(self, at_ns: int) -> float:
        """Milliseconds since the zero of a CLOCK_MONOTONIC reading."""
        return (at_ns - self.zero_monotonic_ns) / NS_PER_MS

    def from_unix_s(self, at_s: float) -> float:
        """Milliseconds since the zero of a wall-clock reading in seconds, as server logs have."""
        return at_s * 1000.0 - self.zero_unix_ns / NS_PER_MS
