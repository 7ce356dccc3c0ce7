"""Detects that a trial's own process was stopped from outside (``kill -STOP``): then it would never end, and say nothing.

What proves it is the kernel's word, state ``T`` in proc_pid_stat(5), again and again: a trial that is only slow, on however busy a machine,
never has that, nor has one that a debugger holds (``t``), or one whose whole machine or container was paused.
"""

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from jsquared.records.sources import TRIAL_PROCESS

PROC = Path("/proc")
QUIET_S = 5.0
"""As long as a trial records events it is not stopped, and is not looked at."""
LOOK_S = 1.0
LOOKS = 10
"""So often in a row, LOOK_S apart, it must be found stopped: whoever stops and continues a whole run by hand is not meant."""
_STOPPED = "T"


class StopWitness:
    """Watches the process with this id and those below it that are the trial's own: supervisors and the one that they supervise."""

    def __init__(self, pid: int, now_s: Callable[[], float] = time.monotonic, proc: Path = PROC) -> None:
        self._pid = pid
        self._now_s = now_s
        self._proc = proc
        self._next_look_s = now_s() + QUIET_S
        self._seen = 0

    def moved(self) -> None:
        """The trial has recorded something."""
        self._next_look_s = self._now_s() + QUIET_S
        self._seen = 0

    def proves(self) -> bool:
        """True if one of them has been found stopped often enough. To be called again and again; mostly it does nothing."""
        if self._now_s() < self._next_look_s:
            return False
        self._next_look_s = self._now_s() + LOOK_S
        self._seen = self._seen + 1 if _STOPPED in self._states() else 0
        return self._seen >= LOOKS

    def _states(self) -> list[str]:
        """The states of the trial's own processes."""
        children: dict[int, list[int]] = {}
        states: dict[int, str] = {}
        for pid, name, state, parent in self._processes():
            if pid == self._pid or name == TRIAL_PROCESS:
                states[pid] = state
                children.setdefault(parent, []).append(pid)
        own = [self._pid]
        for pid in own:
            own += children.get(pid, [])
        return [states[pid] for pid in own if pid in states]

    def _processes(self) -> Iterator[tuple[int, str, str, int]]:
        """All processes: id, name, state, parent."""
        for folder in self._proc.iterdir():
            with contextlib.suppress(OSError, ValueError):  # it has just ended, or is no process
                told = (folder / "stat").read_text(encoding="utf-8", errors="replace") if folder.name.isdigit() else ""
                before, _, behind = told.rpartition(")")
                state, parent = behind.split()[:2]
                yield int(folder.name), before.partition("(")[2], state, int(parent)
