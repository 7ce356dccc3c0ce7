"""Processes that the kernel ended for lack of memory: recognised by its counters and its log, before and after.

Three witnesses, the best first: the counter of the process' own memory cgroup, the kernel's log, which names the process, and the counter
of the whole machine, which only shows that someone was killed. Each is missing on some machine; then nothing is said.
"""

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from jsquared.sandbox.facets import MemoryCause
from jsquared.sandbox.process import Process

CGROUPS = Path("/sys/fs/cgroup")
KERNEL_LOG = Path("/dev/kmsg")
PROC = Path("/proc")
_KILLED = re.compile(rb"[Oo]ut of memory.*: Killed process \d+ \((.*?)\)")
_RECORD_BYTES = 8192
"""No record of the kernel's log is longer (CONSOLE_EXT_LOG_MAX in the kernel's printk.h)."""
_RECORDS_AT_ONCE = 10_000


def cgroups_of(pid: int, proc: Path = PROC, cgroups: Path = CGROUPS) -> list[tuple[str, Path]]:
    """The memory cgroups of a process, by name, with the file that counts its OOM kills: of version 1 and 2, where there are such.

    The formats are in the kernel's Documentation/admin-guide/cgroup-v2.rst (memory.events) and cgroup-v1/memory.rst (memory.oom_control).
    """
    try:
        lines = (proc / str(pid) / "cgroup").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        _, kinds, name = (*line.split(":", 2), "", "")[:3]
        inside = name.lstrip("/")
        if not kinds:
            found += [(name, cgroups / sub / inside / "memory.events") for sub in ("", "unified")]
        elif "memory" in kinds.split(","):
            found.append((name, cgroups / "memory" / inside / "memory.oom_control"))
    return [(name, file) for name, file in found if file.is_file()]


def oom_kills(file: Path) -> int:
    """The number behind ``oom_kill`` in a file of counters; 0 where there is none."""
    with contextlib.suppress(OSError, ValueError):
        for line in file.read_text(encoding="ascii", errors="replace").splitlines():
            name, _, number = line.partition(" ")
            if name == "oom_kill":
                return int(number)
    return 0


class MemoryWitness:
    """Remembers what the kernel had counted when a process began, and says what has come since. Not for several threads at once."""

    def __init__(self, *, proc: Path = PROC, cgroups: Path = CGROUPS, kernel_log: Path = KERNEL_LOG) -> None:
        self._proc = proc
        self._cgroups = cgroups
        self._machine = oom_kills(proc / "vmstat")
        self._before: dict[Path, int] = {}
        self._of: dict[int, list[tuple[str, Path]]] = {}
        self._killed: list[str] = []
        self._log: int | None = None
        with contextlib.suppress(OSError):
            self._log = os.open(kernel_log, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            os.lseek(self._log, 0, os.SEEK_END)

    def meet(self, pid: int) -> None:
        """Look up the cgroups of a process that runs; once for each."""
        if pid not in self._of:
            self._of[pid] = cgroups_of(pid, self._proc, self._cgroups)
            for _, file in self._of[pid]:
                self._before.setdefault(file, oom_kills(file))

    def cause(self, pid: int, program: str) -> MemoryCause | None:
        """Return the evidence for a killed process, None where nothing points to memory.

        :param program: the name of its executable file.
        """
        for group, file in self._of.get(pid, []):
            if oom_kills(file) > self._before[file]:
                self._before[file] += 1  # one kill explains one end
                return MemoryCause(True, f"cgroup {group}")
        self._killed += self._new_in_log()
        name = program[:15]  # all that the kernel keeps of it (TASK_COMM_LEN)
        if name in self._killed:
            self._killed.remove(name)
            return MemoryCause(True, "kernel log")
        killed = oom_kills(self._proc / "vmstat") - self._machine
        return (
            MemoryCause(False, f"the kernel killed {killed} processes of this machine for lack of memory meanwhile")
            if killed > 0
            else None
        )

    def _new_in_log(self) -> Iterator[str]:
        """The programs that the kernel says it has killed since the last look."""
        for _ in range(_RECORDS_AT_ONCE):
            try:
                record = os.read(self._log, _RECORD_BYTES) if self._log is not None else b""
            except BrokenPipeError:  # records were overwritten before they were read
                continue
            except OSError:
                return
            if not record:
                return
            if (match := _KILLED.search(record)) is not None:
                yield match.group(1).decode(errors="replace")

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the kernel's log."""
        if self._log is not None:
            os.close(self._log)
            self._log = None


class LocalMemoryWitness:
    """The same for processes that a sandbox of this machine has started; see :class:`jsquared.sandbox.facets.MemoryWitness`."""

    def __init__(self) -> None:
        self._witness = MemoryWitness()

    def meet(self, process: Process) -> None:
        """Look up the cgroups of a process that runs."""
        self._witness.meet(process.pid)

    def cause(self, process: Process) -> MemoryCause | None:
        """Return the cause of the end of a process that was killed, if it was memory."""
        return self._witness.cause(process.pid, Path(process.program).name)

    def close(self) -> None:
        """Let go of the kernel's log."""
        self._witness.close()


class LocalOutOfMemory:
    """Witnesses of this machine."""

    def witness(self) -> LocalMemoryWitness:
        """Return a new one."""
        return LocalMemoryWitness()
