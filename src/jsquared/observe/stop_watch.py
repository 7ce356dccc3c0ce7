"""Who is stopped from outside (``kill -STOP``): a server that hangs so is nobody's fault in the deployment, and hangs for ever.

What proves it is the kernel's word, state ``T`` in proc_pid_stat(5), several times in a row, while no fault holds the process. A server
that a debugger holds has another state (``t``), and one whose whole machine or container was paused has none of its own.
"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from jsquared.observe.background import Background
from jsquared.records.ends import STOP
from jsquared.records.events import EventLog
from jsquared.running.deployment import RunningDeployment

EVERY_S = 0.5
LOOKS = 3
"""So often in a row: between a fault's order and what the kernel makes of it there is a moment."""
PROC = Path("/proc")
_STOPPED = "T"


def is_stopped(pid: int) -> bool:
    """Whether a process is stopped by a signal; not where it is gone."""
    try:
        told = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return told.rpartition(")")[2].split()[:1] == [_STOPPED]


class StopWatch(Background):
    """Records an ``ended`` event by SIGSTOP for a process that somebody outside holds, once, and calls ``on_outside``."""

    def __init__(self, deployment: RunningDeployment, events: EventLog, on_outside: Callable[[], None]) -> None:
        super().__init__("stops")
        self._deployment = deployment
        self._events = events
        self._on_outside = on_outside
        self._seen: Counter[int] = Counter()

    def run(self) -> None:
        """Look, twice a second."""
        while not self.stopping.wait(EVERY_S):
            self.look()

    def look(self) -> None:
        """Count how often in a row each process was found stopped, and say so when that is often enough."""
        for life in self._deployment.lives.all_newest():
            pid = life.process.pid
            if life.held or life.ordered or not is_stopped(pid):
                del self._seen[pid]
                continue
            self._seen[pid] += 1
            if self._seen[pid] == LOOKS:
                self._events.add(life.name, "ended", pid=pid, ordered=False, code=0, by=STOP, words="")
                self._on_outside()
