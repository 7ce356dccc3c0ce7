"""The lives of a trial's processes: whose they are, and whether the lab ordered their end before it came.

An end that no one ordered is either the program's own doing, a crash, or that of someone outside the trial (:mod:`jsquared.records.ends`).
So an order is noted *before* the signal is sent, and never for a process that has ended already.
"""

import enum
import threading
from dataclasses import dataclass

from jsquared.sandbox.process import Process


class Hold(enum.Enum):
    """The lab's orders for a process that can be stopped (SIGSTOP)."""

    FREE = enum.auto()
    """It runs; if it is stopped, then by someone else."""
    CHANGING = enum.auto()
    """The lab is stopping it or letting it go on, so it may be either."""
    STOPPED = enum.auto()
    """The lab has stopped it; if it runs, then someone else has let it."""


@dataclass(eq=False)
class Life:
    """One process of a node, a client, or the lab itself."""

    name: str
    process: Process
    ordered: bool = False
    """The lab has told it to end, one way or the other."""
    hold: Hold = Hold.FREE

    @property
    def code(self) -> int:
        """The exit code of a process that has ended."""
        code = self.process.poll()
        assert code is not None
        return code


class Lives:
    """All processes of a trial that were started so far; usable from any thread."""

    def __init__(self) -> None:
        self._all: list[Life] = []
        self._newest: dict[str, Life] = {}
        self._lock = threading.Lock()

    def begin(self, name: str, process: Process) -> None:
        """A process was started; that it is known already changes nothing."""
        with self._lock:
            if (newest := self._newest.get(name)) is None or newest.process is not process:
                self._newest[name] = Life(name, process)
                self._all.append(self._newest[name])

    def order_end(self, name: str) -> None:
        """From now on, the end of this process is the lab's doing; nothing where it has ended already, or never began."""
        life = self._newest.get(name)
        if life is not None and life.process.poll() is None:
            life.ordered = True

    def hold(self, name: str, hold: Hold) -> None:
        """Note what the lab makes of this process from now on; nothing where it never began."""
        life = self._newest.get(name)
        if life is not None:
            life.hold = hold

    def newest(self, name: str) -> Life | None:
        """The life of that name that began last."""
        return self._newest.get(name)

    def all_newest(self) -> list[Life]:
        """Of each name the life that began last, in the order in which the names came up."""
        return list(self._newest.values())

    def take_ends(self) -> list[Life]:
        """Those that have ended and were not given here before."""
        with self._lock:
            ended = [life for life in self._all if life.process.poll() is not None]
            self._all = [life for life in self._all if life not in ended]
        return ended
