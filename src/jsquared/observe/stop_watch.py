"""Processes stopped from outside (``kill -STOP``), or resumed while a fault has stopped them: neither is the deployment's doing.

What proves it is the kernel's word, state ``T`` in proc_pid_stat(5) or another one, twice in a row, against what the lab has made of the
process. A server that a debugger holds has another state (``t``), and one whose whole machine or container was paused has none of its own.
"""

from collections import Counter
from collections.abc import Callable

from jsquared.observe.background import Background
from jsquared.records.ends import CONTINUE, STOP
from jsquared.records.event_types import Ended
from jsquared.records.events import EventLog
from jsquared.running.deployment import RunningDeployment
from jsquared.running.lives import Hold, Life

EVERY_S = 0.05
"""Shorter than what any Sentinel considers down."""
LOOKS = 2
"""So often in a row: between a signal and what the kernel shows of it there is a moment."""
_STOPPED = "T"
_GOES_ON = frozenset("RSI")
"""Not ``D``: who waits for a disk stops when that wait is over."""


class StopWatch(Background):
    """Records an ``ended`` event (by SIGSTOP or SIGCONT) for whom someone outside stops or lets go on, once; calls ``on_outside``."""

    def __init__(self, deployment: RunningDeployment, events: EventLog, on_outside: Callable[[], None]) -> None:
        super().__init__("stops")
        self._deployment = deployment
        self._events = events
        self._on_outside = on_outside
        self._seen: Counter[int] = Counter()
        self._came_to_rest: set[int] = set()
        """Whom a fault holds and who was seen stopped: before that, its signal may still be on its way."""

    def run(self) -> None:
        """Look, twenty times a second."""
        while not self.stopping.wait(EVERY_S):
            self.look()

    def look(self) -> None:
        """Count how often in a row each process was found other than the lab has made it, and say so when that is often enough."""
        for life in self._deployment.lives.all_newest():
            pid, by = life.process.pid, self._from_outside(life)
            if not by:
                del self._seen[pid]
                continue
            self._seen[pid] += 1
            if self._seen[pid] == LOOKS:
                self._events.add(Ended(pid=pid, ordered=False, code=0, by=by, words="", source=life.name))
                self._on_outside()

    def _from_outside(self, life: Life) -> str:
        """The signal that somebody else must have sent; empty where all is as the lab has made it."""
        pid, state = life.process.pid, life.process.state()
        if life.hold is not Hold.STOPPED:
            self._came_to_rest.discard(pid)
        if life.ordered or life.hold is Hold.CHANGING:
            return ""
        if life.hold is Hold.FREE:
            return STOP if state == _STOPPED else ""
        if state == _STOPPED:
            self._came_to_rest.add(pid)
        return CONTINUE if state in _GOES_ON and pid in self._came_to_rest else ""
