"""The processes of a run as somebody outside sees them: found from the command line down, and looked for once it is gone."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from jsquared.records.sources import TRIAL_PROCESS

PARENT, STARTED_AT = 1, 19
"""Where these stand behind the name in /proc/<pid>/stat (proc_pid_stat(5): fields 4 and 22)."""
PROC = Path("/proc")


def stat(pid: int) -> list[str]:
    """The fields behind the name in /proc/<pid>/stat; none when it has ended."""
    with contextlib.suppress(OSError):
        fields = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        return [] if fields[0] == "Z" else fields
    return []


def all_processes() -> Iterator[int]:
    """The ids of all processes."""
    yield from (int(folder.name) for folder in PROC.iterdir() if folder.name.isdigit())


def descendants(pid: int) -> list[int]:
    """All processes below one, parents before children."""
    children: dict[int, list[int]] = {}
    for each in all_processes():
        if fields := stat(each):
            children.setdefault(int(fields[PARENT]), []).append(each)
    found = list(children.get(pid, []))
    for each in found:
        found += children.get(each, [])
    return found


def parent_of(pid: int) -> int:
    """Its parent; 0 when it has ended."""
    fields = stat(pid)
    return int(fields[PARENT]) if fields else 0


def supervisor_of(run: int) -> int:
    """The process of a run's trial that was started first; 0 where there is none now (a command line starts others before)."""
    for pid in descendants(run):
        with contextlib.suppress(OSError):
            if (PROC / str(pid) / "comm").read_text().strip() == TRIAL_PROCESS:
                return pid
    return 0


def process_of(run: int, name: str) -> int:
    """The process of a server, Sentinel or client of a run, by its name; 0 where there is none now.

    Servers change their title, but not the folder that they live in; a client is told its specification's file.
    """
    for pid in descendants(run):
        with contextlib.suppress(OSError):
            folder = (PROC / str(pid) / "cwd").readlink().name
            command = (PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
            if folder == name or any(word.endswith(f"/{name}.json".encode()) for word in command):
                return pid
    return 0


def namespaces_of(pid: int | str) -> set[str]:
    """The network, PID and mount namespaces of a process; none when it has just ended."""
    found = set()
    for kind in ("net", "pid", "mnt"):
        with contextlib.suppress(OSError):
            found.add(str((PROC / str(pid) / "ns" / kind).readlink()))
    return found


class Traces:
    """What a run is made of now, to be looked for again once it has ended."""

    def __init__(self, run: int) -> None:
        members = [run, *descendants(run)]
        self._members = {(pid, fields[STARTED_AT]) for pid in members if (fields := stat(pid))}
        self._namespaces = set().union(*map(namespaces_of, members)) - namespaces_of("self")
        self._ticks = max((int(started) for _, started in self._members), default=0)

    def left(self) -> list[int]:
        """Processes of it that are still there, or that live in its namespaces.

        The kernel gives a number that became free to the next namespace: who began later than all that were seen does not count.
        """
        there = [(pid, fields) for pid in all_processes() if (fields := stat(pid))]
        return [
            pid
            for pid, fields in there
            if (pid, fields[STARTED_AT]) in self._members
            or (int(fields[STARTED_AT]) <= self._ticks and self._namespaces & namespaces_of(pid))
        ]
