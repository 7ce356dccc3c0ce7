"""The sandbox protocol: hosts with addresses, processes on them, links between them that can be cut.

A sandbox declares what it can do; a scenario declares what it needs. The trial process calls :meth:`Sandbox.enter` first, before
any thread starts, and from then on *is inside*: it sees all hosts from an observer's address that no cut ever touches.
"""

import subprocess
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Literal, Protocol

HostRole = Literal["data", "sentinel", "client"]


class Capability(StrEnum):
    """What a sandbox may be able to do."""

    PROCESS = "process"
    """Start, kill, pause processes."""
    LINKS = "links"
    """Cut links between hosts, per direction, role and port."""
    DELAY = "delay"
    """Delay, lose, duplicate and slow down packets between hosts."""
    CLOCK = "clock"
    """Step and skew the clock that one process sees."""
    DISK = "disk"
    """Give one server's data folder a size limit, or make it read-only."""
    SLOW_DISK = "slow-disk"
    """Delay one server's writes to its data folder."""
    NAMES = "names"
    """Resolve the deployment's host names inside the trial, slowly or not at all where asked."""
    CPU = "cpu"
    """Take processor time away from one server."""
    MEMORY = "memory"
    """Limit the memory of one server."""


@dataclass(frozen=True)
class Endpoint:
    """One end of a link: a host, or one role on it. ``role`` None is the whole host, all its addresses and even ARP.

    Every role on a host has an address of its own there, which is the source of its outgoing connections too: so replication,
    clients and co-located Sentinels can be told apart on the wire.
    """

    host: str
    role: HostRole | None = None


@dataclass(frozen=True)
class LinkCut:
    """Packets from ``source`` to ``destination`` vanish silently; ``port`` narrows it to that TCP or UDP port at either end."""

    source: Endpoint
    destination: Endpoint
    port: int | None = None


class Cut(Protocol):
    """Some links that were cut together, atomically."""

    def dropped(self) -> int:
        """Packets that vanished so far, as the kernel counted them."""
        ...

    def restore(self) -> None:
        """Let packets through again; a second call does nothing."""
        ...


HowNamesAnswer = Literal["answer", "no-such-name", "silence"]


@dataclass(frozen=True)
class Lookup:
    """One lookup of a name, measured: the address that came (else empty), what was said, and after how long."""

    address: str
    said: Literal["address", "no such name", "nothing"]
    ms: float


class NameService(Protocol):
    """Who tells the hosts which address a name means."""

    def serve(self, names: Mapping[str, str]) -> None:
        """Let these names mean these addresses on every host from now on, and no others anything.

        :raises SandboxError: it cannot be done here.
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


class Sandbox(Protocol):
    """Hosts, processes and links for one trial."""

    name: str
    capabilities: frozenset[Capability]
    """What it can do where the machine has the means; what it lacks here says :func:`jsquared.sandbox.choose.lacking`."""

    def enter(self, hosts: Sequence[str]) -> None:
        """Make the hosts and move this process inside. Call once, while the process has one thread.

        The process that returns may be another one than called (a child inside a new PID namespace); the caller's
        process then waits for it and ends with its exit code, and its death ends everything inside.

        :raises SandboxError: it is refused here; the error names the exact setting.
        """
        ...

    def address(self, host: str, role: HostRole) -> str:
        """The IPv4 address of a role on a host; known before :meth:`enter`."""
        ...

    def directory(self, host: str) -> Path:
        """A private folder of the host for its data, gone with the sandbox; known before :meth:`enter`."""
        ...

    def spawn(
        self,
        host: str,
        argv: Sequence[str],
        *,
        cwd: Path,
        log: Path,
        environment: Mapping[str, str] | None = None,
        pipes: bool = False,
    ) -> subprocess.Popen[bytes]:
        """Start a process on a host, stdout and stderr appended to ``log``; with ``pipes``, stdin and stdout are pipes instead.

        It dies with the sandbox. Pausing, killing and waiting are the Popen's own.
        """
        ...

    def inside(self, host: str) -> AbstractContextManager[None]:
        """Sockets that this thread makes within the block belong to the host (bind them to a role's address to speak as it)."""
        ...

    def cut(self, links: Sequence[LinkCut]) -> Cut:
        """Cut links, all in one step.

        :raises SandboxError: this sandbox cannot (it lacks :attr:`Capability.LINKS`).
        """
        ...

    def probe(self, source: Endpoint, destination: Endpoint, *, port: int | None = None) -> bool:
        """Whether a datagram sent from ``source`` arrives at ``destination`` now: a measurement, not a look at the rules."""
        ...

    def names(self) -> NameService:
        """Who answers the hosts' lookups of names.

        :raises SandboxError: this sandbox cannot (it lacks :attr:`Capability.NAMES`).
        """
        ...

    def close(self) -> None:
        """End every process inside and let go of everything; a second call does nothing."""
        ...
