"""Processes, logs and folders of hosts that exist in memory only: nothing of them is a file or a process of this machine."""

import queue
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import PurePath

from jsquared.errors import SandboxError
from jsquared.sandbox.process import Account, ProcessReport


class Program:
    """The code of a process. This one does nothing until it is killed; subclasses do something."""

    def __init__(self, process: "MemoryProcess") -> None:
        self.process = process

    def begin(self) -> None:
        """The process has started."""

    def told(self, words: bytes) -> None:
        """Something was written to its stdin."""

    def end(self) -> None:
        """The process has ended."""


class Cat(Program):
    """Repeats what it is told."""

    def told(self, words: bytes) -> None:
        """Say it again."""
        self.process.say(words)


class MemoryProcess:
    """A process of a host in memory; see :class:`jsquared.sandbox.process.Process`."""

    def __init__(
        self,
        host: str,
        pid: int,
        argv: tuple[str, ...],
        log: "MemoryLog",
        program: Callable[["MemoryProcess"], Program],
    ) -> None:
        self.host = host
        self.pid = pid
        self.argv = argv
        self.log = log
        self.is_stopped = False
        self._code: int | None = None
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._reports: set[ProcessReport] = set()
        self._said: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._program = program(self)

    @property
    def program(self) -> str:
        """The first of its arguments."""
        return self.argv[0]

    @property
    def returncode(self) -> int | None:
        """How it ended."""
        return self._code

    def begin(self) -> None:
        """Run."""
        self._program.begin()

    def poll(self) -> int | None:
        """Return its exit code if it has ended."""
        return self._code

    def wait(self, limit_s: float | None = None) -> int | None:
        """Wait for its end."""
        self._ended.wait(limit_s)
        return self._code

    def send_signal(self, number: int) -> None:
        """Stop it, let it go on, or end it: no program here handles any other signal."""
        if self._code is not None:
            return
        if number in (signal.SIGSTOP, signal.SIGCONT):
            self.is_stopped = number == signal.SIGSTOP
            self._reports = {"stopped" if self.is_stopped else "continued"}
            return
        self.exit(-int(number))

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    def exit(self, code: int) -> None:
        """End with this code; nothing where it has ended."""
        with self._lock:
            if self._code is not None:
                return
            self._code = code
        self._program.end()
        self._said.put(b"")
        self._ended.set()

    def has_reported(self, report: ProcessReport) -> bool:
        """True once for each report."""
        if report not in self._reports:
            return False
        self._reports.discard(report)
        return True

    def state(self) -> str:
        """Return ``S`` or ``T``; empty when it has ended."""
        return "" if self._code is not None else "T" if self.is_stopped else "S"

    def account(self) -> Account | None:
        """Return that it never waits for a processor; None when it has ended."""
        return None if self._code is not None else Account(0, 1)

    def tell(self, words: bytes) -> None:
        """Write to its stdin."""
        if self._code is None:
            self._program.told(words)

    def say(self, words: bytes) -> None:
        """Write to its stdout."""
        self._said.put(words)

    def output(self) -> Iterator[bytes]:
        """Return the lines of its stdout."""
        rest = b""
        while said := self._said.get():
            *lines, rest = (rest + said).split(b"\n")
            yield from (line + b"\n" for line in lines)
        self._said.put(b"")  # who asks again finds the end again
        if rest:
            yield rest


class MemoryLog:
    """A log in memory; see :class:`jsquared.sandbox.process.ProcessLog`."""

    def __init__(self, path: PurePath) -> None:
        self.path = path
        self._written = bytearray()

    def append(self, text: str) -> None:
        """Write a line."""
        self._written += f"{text}\n".encode()

    def size_bytes(self) -> int:
        """Return how much was written."""
        return len(self._written)

    def read(self, offset: int, limit_bytes: int) -> bytes:
        """Return a piece."""
        return bytes(self._written[offset : offset + limit_bytes])

    def close(self) -> None:
        """Nothing is held."""


class MemoryFolder:
    """A folder in memory, of which ``disk`` has all; see :class:`jsquared.sandbox.facets.ServerFolder`."""

    def __init__(self, path: PurePath, disk: dict[PurePath, dict[str, bytes]]) -> None:
        self.path = path
        self._disk = disk

    def make(self) -> None:
        """Make it, unless it is there."""
        self._disk.setdefault(self.path, {})

    def names(self) -> list[str]:
        """Return the names in it."""
        return list(dict.fromkeys(name.partition("/")[0] for name in self._files()))

    def read_text(self, name: str) -> str:
        """The text of a file."""
        try:
            return self._files()[name].decode(errors="replace")
        except KeyError:
            raise SandboxError("No such file", where=str(self.path / name)) from None

    def write_text(self, name: str, text: str) -> None:
        """(Over)write a file."""
        self.write_bytes(name, text.encode("utf-8", "surrogateescape"))

    def write_bytes(self, name: str, data: bytes, *, executable: bool = False) -> None:  # noqa: ARG002 -- nothing executes it
        """(Over)write a file."""
        self._files()[name] = data

    def remove(self, name: str) -> None:
        """Take away a file, or all below a folder."""
        files = self._files()
        for each in [each for each in files if each == name or each.startswith(f"{name}/")]:
            del files[each]

    def _files(self) -> dict[str, bytes]:
        if self.path not in self._disk:
            raise SandboxError("No such folder", where=str(self.path))
        return self._disk[self.path]
