"""A watch for ends: it asks every process of the trial, and of the lab in it, many times a second, and makes each end an event.

The event says whether the lab ordered it, by which signal it came, whether the kernel was short of memory, and what the process said last.
"""

import re
from collections.abc import Callable, Sequence

from jsquared.observe.background import Background
from jsquared.records.ends import SHUTDOWN, is_from_outside, signal_name
from jsquared.records.event_types import Ended
from jsquared.records.events import EventLog
from jsquared.running.deployment import RunningDeployment
from jsquared.running.lives import Life

EVERY_S = 0.04
LONGEST_WORDS = 300
_LAST_LINES = 40
_ASKED_TO_END = re.compile(r"Received (SIGTERM|SIGINT)\b")
_SHUT_DOWN = "User requested shutdown"
"""What a server says before it ends in good order (prepareForShutdown in its source); a signal that told it to, it has named before."""
_CRASHED = (
    re.compile(r"Guru Meditation|==> .* is not true|Out Of Memory allocating"),
    re.compile(r"crashed by signal"),
)
"""What tells most of a crash report, before long lists of registers and clients (debug.c): the panic or assertion, else the signal."""


class ProcessWatch(Background):
    """Records an ``ended`` event for every process that ends; calls ``on_outside`` when someone outside the trial ended it."""

    def __init__(
        self,
        deployment: RunningDeployment,
        events: EventLog,
        on_outside: Callable[[], None],
    ) -> None:
        super().__init__("processes")
        self._deployment = deployment
        self._events = events
        self._on_outside = on_outside
        memory = deployment.sandbox.out_of_memory
        self._witness = None if memory is None else memory.witness()

    def run(self) -> None:
        """Look, all the time."""
        while not self.stopping.wait(EVERY_S):
            self.look()

    def stop(self) -> None:
        """Stop watching, after a last look: who has ended until now was not ended by the lab's clearing up."""
        super().stop()
        self.look()
        if self._witness is not None:
            self._witness.close()

    def look(self) -> None:
        """Record those that have ended since the last look."""
        for name, process in self._deployment.sandbox.helpers().items():
            self._deployment.lives.begin(name, process)
        if self._witness is not None:
            for life in self._deployment.lives.all_newest():
                self._witness.meet(life.process)
        for life in self._deployment.lives.take_ends():
            event = self._ending(life)
            self._events.add(event)
            if is_from_outside(event):
                self._on_outside()

    def _ending(self, life: Life) -> Ended:
        code, pid = life.code, life.process.pid
        by = signal_name(code)
        if life.ordered:
            return Ended(source=life.name, ordered=True, pid=pid, code=code, by=by)
        said = self._lines(life.name)
        if code == 0:
            by = _told_to_end("\n".join(said[-_LAST_LINES:]))
        cause = self._witness.cause(life.process) if by == "SIGKILL" and self._witness else None
        return Ended(
            source=life.name,
            ordered=False,
            pid=pid,
            code=code,
            by=by,
            words=_telling(said)[:LONGEST_WORDS],
            memory=cause.words if cause else None,
            out_of_memory=cause.proven if cause else None,
        )

    def _lines(self, name: str) -> list[str]:
        try:
            text = self._deployment.log_of(name)
        except OSError:  # the run folder takes no more
            return []
        return [line.strip() for line in text.splitlines() if line.strip()]


def _telling(said: Sequence[str]) -> str:
    """The line that says why a process ended: of a crash report the one with the cause, else the last; empty where there is none."""
    for crash in _CRASHED:
        for line in reversed(said):
            if crash.search(line):
                return line
    return said[-1] if said else ""


def _told_to_end(said: str) -> str:
    """By what a server that ended in good order was told to, from its last words; empty where it does not say that anyone did."""
    asked = _ASKED_TO_END.findall(said)
    return asked[-1] if asked else SHUTDOWN if _SHUT_DOWN in said else ""
