"""A process of this machine, started by the process of the trial; see :class:`jsquared.sandbox.process.Process`."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from jsquared.errors import RecordError
from jsquared.sandbox.process import Account, ProcessReport

PROC = Path("/proc")
_STAT_BYTES = 1024
"""More than the fields before and after a name of 64 bytes that proc_pid_stat(5) may show."""
_READ = os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
_REPORTS: dict[ProcessReport, int] = {"stopped": os.WSTOPPED, "continued": os.WCONTINUED}


class LocalProcess:
    """A child of this process; ``popen`` is for the sandbox that started it."""

    def __init__(self, host: str, popen: subprocess.Popen[bytes]) -> None:
        self.host = host
        self.popen = popen

    @property
    def pid(self) -> int:
        """Its id in the process table of the trial."""
        return self.popen.pid

    @property
    def program(self) -> str:
        """The first of its arguments."""
        arguments = self.popen.args
        return str(arguments[0] if isinstance(arguments, list | tuple) else arguments)

    @property
    def returncode(self) -> int | None:
        """Its exit code as far as is known."""
        return self.popen.returncode

    def poll(self) -> int | None:
        """Return its exit code if it has ended by now."""
        return self.popen.poll()

    def wait(self, limit_s: float | None = None) -> int | None:
        """Wait for its end, at most so many seconds."""
        try:
            return self.popen.wait(limit_s)
        except subprocess.TimeoutExpired:
            return None

    def send_signal(self, number: int) -> None:
        """Send it a signal."""
        self.popen.send_signal(number)

    def kill(self) -> None:
        """Send it SIGKILL."""
        self.popen.kill()

    def has_reported(self, report: ProcessReport) -> bool:
        """True if the kernel has reported this of the child since the last call."""
        try:
            return os.waitid(os.P_PID, self.pid, _REPORTS[report] | os.WNOHANG) is not None
        except ChildProcessError:  # it ended, and another thread has asked how
            return False

    def state(self) -> str:
        """Return its state in /proc."""
        return state_of(self.pid)

    def account(self) -> Account | None:
        """Return its schedstat in /proc."""
        return account_of(self.pid)

    def tell(self, words: bytes) -> None:
        """Write to its stdin."""
        if self.poll() is None and self.popen.stdin is not None:
            with contextlib.suppress(OSError):  # it is ending by itself
                self.popen.stdin.write(words)
                self.popen.stdin.flush()

    def output(self) -> Iterator[bytes]:
        """Return the lines of its stdout."""
        return iter(self.popen.stdout or ())


class LocalLog:
    """A file of this machine, made and opened before any process can have put something else in its place.

    :raises RecordError: it cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = os.open(path, _READ, 0o600)
        except OSError as problem:
            raise RecordError(f"a log cannot be written: {problem.strerror}", where=str(path)) from problem

    def size_bytes(self) -> int:
        """Return how long the file is."""
        return os.fstat(self._file).st_size

    def read(self, offset: int, limit_bytes: int) -> bytes:
        """Return a piece of the file."""
        return os.pread(self._file, limit_bytes, offset)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)


def state_of(pid: int, proc: Path = PROC) -> str:
    """The state of a process as the kernel shows it, one letter; empty where it is gone."""
    try:  # asked of every process twenty times a second: the plain calls take a fifth of what pathlib does
        file = os.open(f"{proc}/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)
        try:
            told = os.read(file, _STAT_BYTES)
        finally:
            os.close(file)
    except OSError:
        return ""
    return b"".join(told.rpartition(b")")[2].split(None, 1)[:1]).decode(errors="replace")


def account_of(pid: int, proc: Path = PROC) -> Account | None:
    """The account of a process; None where it is gone, or the kernel keeps none.

    The fields of ``schedstat`` are in the kernel's Documentation/scheduler/sched-stats.rst.
    """
    try:
        _, waited_ns, turns = map(int, (proc / str(pid) / "schedstat").read_text().split())
    except (OSError, ValueError):
        return None
    return Account(waited_ns, turns)
