"""The process protocol: one process that a sandbox has started on one of its hosts, on whichever machine that is, and its log."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal, Protocol

ProcessReport = Literal["stopped", "continued"]


@dataclass(frozen=True)
class Account:
    """The kernel's sums for a process: how long it waited while it could have run, and how often it got its turn."""

    waited_ns: int
    turns: int


class Process(Protocol):
    """A process on a host; usable from any thread."""

    @property
    def host(self) -> str:
        """The host that it runs on; empty for one of the lab's own."""
        ...

    @property
    def pid(self) -> int:
        """Its number, by which events and evidence name it: no other process of the trial that runs has the same one."""
        ...

    @property
    def program(self) -> str:
        """The path of its program on its host."""
        ...

    @property
    def returncode(self) -> int | None:
        """Its exit code, negative for the signal that ended it; None before :meth:`poll` or :meth:`wait` has found its end."""
        ...

    def poll(self) -> int | None:
        """Return its exit code if it has ended by now."""
        ...

    def wait(self, limit_s: float | None = None) -> int | None:
        """Wait for its end and return its exit code; None where it still runs after so many seconds."""
        ...

    def send_signal(self, number: int) -> None:
        """Send it a signal; nothing where it has ended."""
        ...

    def kill(self) -> None:
        """Send it SIGKILL; nothing where it has ended."""
        ...

    def has_reported(self, report: ProcessReport) -> bool:
        """True if its kernel has reported since the last call that it was stopped, or continued."""
        ...

    def state(self) -> str:
        """Return its state as its kernel shows it, one letter of proc_pid_stat(5); empty where it is gone."""
        ...

    def account(self) -> Account | None:
        """Return its kernel's sums for it; None where it is gone, or its kernel keeps none."""
        ...

    def tell(self, words: bytes) -> None:
        """Write to its stdin, if that is a pipe; words to a process that has ended are lost."""
        ...

    def output(self) -> Iterator[bytes]:
        """Return the lines of its stdout, if that is a pipe, as they come and until its end."""
        ...


class ProcessLog(Protocol):
    """The log of the processes of one name on a host, each of which appends to it, whatever and however much they like.

    What is read there is what they wrote, from the log's first byte on, even if they have put something else in its place since.
    """

    @property
    def path(self) -> PurePath:
        """Its path on its host."""
        ...

    def size_bytes(self) -> int:
        """Return how much was written so far."""
        ...

    def read(self, offset: int, limit_bytes: int) -> bytes:
        """Return what was written from there on; empty where nothing was so far."""
        ...

    def close(self) -> None:
        """Read no more."""
        ...
