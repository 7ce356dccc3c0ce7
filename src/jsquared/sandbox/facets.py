"""The facets of a sandbox: what it can do beyond hosts, processes and links. Each is None where a sandbox lacks it.

Nothing here says that a server's files or processes are on this machine: a folder is known by what it does, a process by its handle.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal, NamedTuple, Protocol, TypeVar

from jsquared.errors import SandboxError
from jsquared.sandbox.capability import Capability
from jsquared.sandbox.process import Process

Facet = TypeVar("Facet")


def given(facet: Facet | None, capability: Capability) -> Facet:
    """A facet that must be there.

    :raises SandboxError: the sandbox lacks it.
    """
    if facet is None:
        raise SandboxError(f"this sandbox cannot do that: it lacks '{capability}'", hint="--sandbox namespaces")
    return facet


class ServerFolder(Protocol):
    """The private folder of one server on its host. The server writes in it too, so nothing there can be trusted to be what it was."""

    @property
    def path(self) -> PurePath:
        """Its path as the server knows it, on its host."""
        ...

    def make(self) -> None:
        """Make it, unless it is there."""
        ...

    def names(self) -> list[str]:
        """Return the names of the files in it.

        :raises SandboxError: the folder itself is gone.
        """
        ...

    def read_text(self, name: str) -> str:
        """The text of a regular file of at most 16 MiB; what is not UTF-8 is replaced.

        :raises SandboxError: it is missing, or something else has taken its place.
        """
        ...

    def write_text(self, name: str, text: str) -> None:
        """(Over)write a file, as a new one that only its owner reads.

        :raises SandboxError: it cannot be written.
        """
        ...

    def write_bytes(self, name: str, data: bytes, *, executable: bool = False) -> None:
        """As :meth:`write_text`; ``name`` may have slashes, for a file in folders of its own, which are made.

        :raises SandboxError: it cannot be written.
        """
        ...

    def remove(self, name: str) -> None:
        """Take away what has a name there, folders with what is in them; nothing where there is none.

        :raises SandboxError: it cannot be removed.
        """
        ...


class ServerClock(Protocol):
    """The clocks that one server sees. A restarted server finds them as they are."""

    def step_clock(self, step_ms: float) -> None:
        """Set the wall clock so many milliseconds ahead of the true one (behind, where negative)."""
        ...

    def skew_clocks(self, rate_ppm: int) -> None:
        """Let the wall clock and the monotonic one gain so many microseconds a second from now on; what they gained so far stays."""
        ...

    def right_wall_clock(self) -> None:
        """Both clocks run as the true ones and the wall clock is right; the monotonic one, which never goes back, keeps its gain."""
        ...


class Clocks(Protocol):
    """Servers' clocks."""

    def of(self, folder: ServerFolder) -> ServerClock:
        """That of the server whose folder was prepared for :attr:`Capability.CLOCK`."""
        ...


class DiskCalls(NamedTuple):
    """How many calls to the disk a server has ended, and how long they took, over all its processes so far."""

    fsyncs: int = 0
    fsync_spent_ms: float = 0.0
    writes: int = 0
    write_spent_ms: float = 0.0

    def since(self, before: "DiskCalls") -> "DiskCalls":
        """Return the calls added since."""
        return DiskCalls(
            self.fsyncs - before.fsyncs,
            self.fsync_spent_ms - before.fsync_spent_ms,
            self.writes - before.writes,
            self.write_spent_ms - before.write_spent_ms,
        )

    def count(self, kind: str) -> int:
        """How many ``fsync`` or ``write`` calls."""
        return self.fsyncs if kind == "fsync" else self.writes

    def mean_ms(self, kind: str) -> float:
        """How long one took on average, 0 where there was none."""
        spent_ms = self.fsync_spent_ms if kind == "fsync" else self.write_spent_ms
        return spent_ms / max(1, self.count(kind))

    def describe(self, kind: str) -> str:
        """In words."""
        return f"{self.count(kind)} {kind} calls took {self.mean_ms(kind):.1f} ms each"


class DiskLatency(Protocol):
    """How long the calls to the disk of one server take."""

    def delay(self, *, fsync_ms: float = 0.0, write_ms: float = 0.0) -> None:
        """Let each fsync and each write to a regular file take so much longer; from the first time on the server counts them."""
        ...

    def disk_calls(self) -> DiskCalls:
        """Return the calls that the server itself counted."""
        ...


class Latencies(Protocol):
    """Servers' disk latencies."""

    def of(self, folder: ServerFolder) -> DiskLatency:
        """That of the server whose folder was prepared for :attr:`Capability.SLOW_DISK`."""
        ...


class Disks(Protocol):
    """Disks of servers' own: those of folders that were prepared for :attr:`Capability.DISK`."""

    def fill(self, folder: ServerFolder) -> None:
        """Leave no room for a byte more.

        :raises SandboxError: the kernel refuses.
        """
        ...

    def make_room(self, folder: ServerFolder) -> None:
        """Give it its size again.

        :raises SandboxError: the kernel refuses.
        """
        ...

    def set_read_only(self, folder: ServerFolder, read_only: bool) -> None:
        """Refuse every write, or take them again.

        :raises SandboxError: the kernel refuses.
        """
        ...

    def write_error(self, folder: ServerFolder) -> str:
        """Return the kernel's answer to writing 64 KiB there now: the name of an error, or nothing."""
        ...


class Limits(Protocol):
    """Limits of single processes."""

    def limit_memory(self, process: Process, limit_bytes: int | None) -> None:
        """Let a process map no more than so many bytes in all, or as many as it could ever (None).

        :raises SandboxError: the kernel refuses.
        """
        ...

    def memory_limit(self, process: Process) -> int | None:
        """How many bytes it may map, as the kernel says; None without a limit.

        :raises SandboxError: it is gone.
        """
        ...

    def mapped_bytes(self, process: Process) -> int:
        """How many bytes it has mapped.

        :raises SandboxError: it is gone.
        """
        ...


@dataclass(frozen=True)
class MemoryCause:
    """What is known: ``proven`` that this very process was meant, or only that the machine was short of memory."""

    proven: bool
    words: str


class MemoryWitness(Protocol):
    """Remembers what kernels had counted when a process began, and says what has come since. Not for several threads at once."""

    def meet(self, process: Process) -> None:
        """Take note of a process that runs; once for each."""
        ...

    def cause(self, process: Process) -> MemoryCause | None:
        """Return what points to a lack of memory as the reason why a process was killed; None where nothing does."""
        ...

    def close(self) -> None:
        """Let go of everything."""
        ...


class OutOfMemory(Protocol):
    """The word of the servers' machines on processes that were killed for lack of memory."""

    def witness(self) -> MemoryWitness:
        """Return one that knows what happens from now on."""
        ...


HowNamesAnswer = Literal["answer", "no-such-name", "silence"]


@dataclass(frozen=True)
class Lookup:
    """One lookup of a name, measured: the address that came (else empty), what was said, and after how long."""

    address: str
    said: Literal["address", "no such name", "nothing"]
    ms: float


class NameService(Protocol):
    """Tells the hosts the address of a name."""

    def serve(self, names: Mapping[str, str]) -> None:
        """Let these names mean these addresses on every host from now on, and no others anything.

        :raises SandboxError: it cannot be done here.
        """
        ...

    def change(self, names: Mapping[str, str]) -> None:
        """Let these names mean other addresses from now on, or nothing any more where the address is empty; the others stay.

        :raises SandboxError: no names are served.
        """
        ...

    def disturb(self, hosts: Sequence[str], *, after_ms: int = 0, how: HowNamesAnswer = "answer") -> None:
        """Answer the lookups of these hosts so late, or so badly; without arguments as usual again.

        :raises SandboxError: no names are served.
        """
        ...

    def lookup(self, host: str, name: str, *, limit_s: float) -> Lookup:
        """Ask for a name from a host, once: a measurement."""
        ...


class FloatingAddresses(Protocol):
    """Addresses that hosts share in turn, and what those hosts tell each other; who may have one is for the caller to say."""

    def address(self, number: int) -> str:
        """The floating address of that number, from 1 on, which no host has at first; known before :meth:`Sandbox.enter`."""
        ...

    def take(self, host: str, address: str) -> None:
        """Put it on a host, if it is not there, and announce that to all hosts that a broadcast of it reaches now.

        Others keep it if they have it: of two on one network, others go to the one that was last heard.

        :raises SandboxError: there is no such host, or it cannot be done here.
        """
        ...

    def give_up(self, host: str, address: str) -> None:
        """Take it from a host, without a word to anybody; connections to it end in silence. Nothing where the host has it not.

        :raises SandboxError: it cannot be done here.
        """
        ...

    def allow_early_binds(self, host: str) -> None:
        """Let servers of a host listen on addresses that it does not have (``net.ipv4.ip_nonlocal_bind``).

        :raises SandboxError: it cannot be done here.
        """
        ...

    def say(self, host: str, words: bytes) -> None:
        """Broadcast up to 1400 bytes from a host: they reach all hosts that no cut of a whole host keeps them from.

        :raises SandboxError: there is no such host.
        """
        ...

    def heard(self, host: str) -> list[bytes]:
        """Return the broadcasts that reached a host since the last call, oldest first; it listens from its first call or word on.

        :raises SandboxError: there is no such host.
        """
        ...
