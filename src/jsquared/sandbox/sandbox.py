"""The sandbox protocol: hosts with addresses, processes on them, and facets.

A sandbox declares what it can do; a scenario declares what it needs. The trial process calls :meth:`Sandbox.enter` first, before
any thread starts, and from then on *is inside*: it sees all hosts from an observer's address that no cut ever touches.
"""

import socket
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from types import TracebackType
from typing import Protocol

from jsquared.sandbox.capability import Capability
from jsquared.sandbox.facets import (
    Clocks,
    Disks,
    FloatingAddresses,
    Latencies,
    Limits,
    NameService,
    OutOfMemory,
    ServerFolder,
)
from jsquared.sandbox.link import Endpoint, HostRole, Impairments, Links
from jsquared.sandbox.process import Process, ProcessLog


@dataclass(frozen=True)
class SandboxKind:
    """A kind of sandbox: all that can be said before one is opened. It has no address and no folder yet."""

    name: str
    capabilities: frozenset[Capability]
    most_hosts: int
    on_loopback: bool = False
    """True if its hosts share the loopback network of this machine."""


class Listener(Protocol):
    """Takes connections as a host."""

    @property
    def port(self) -> int:
        """Its port on the host."""
        ...

    def accept(self, limit_s: float) -> tuple[socket.socket, tuple[str, int]]:
        """Return the next connection, with the address and port that it comes from.

        :raises TimeoutError: none comes in time.
        """
        ...

    def close(self) -> None:
        """Listen no more; connections that were taken stay."""
        ...

    def __enter__(self) -> "Listener":
        """Itself; it is closed at the end of the block."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Sandbox(Protocol):
    """Hosts, processes and links for one trial."""

    name: str
    capabilities: frozenset[Capability]
    """What it can do where the machine has the means; what it lacks here says :func:`jsquared.sandbox.choose.lacking`."""

    @property
    def links(self) -> Links | None:
        """The links between hosts, which can be cut; None where it lacks :attr:`Capability.LINKS`, and so on."""
        ...

    @property
    def impairments(self) -> Impairments | None:
        """Links that are slow or lose packets."""
        ...

    @property
    def clock(self) -> Clocks | None:
        """The clocks that servers see."""
        ...

    @property
    def disk(self) -> Disks | None:
        """Disks of servers' own."""
        ...

    @property
    def latency(self) -> Latencies | None:
        """How long servers' calls to the disk take."""
        ...

    @property
    def limits(self) -> Limits | None:
        """Limits of single processes."""
        ...

    @property
    def out_of_memory(self) -> OutOfMemory | None:
        """Who was killed for lack of memory; None where that cannot be known."""
        ...

    @property
    def name_service(self) -> NameService | None:
        """The name service of the hosts, once :meth:`enter` was called."""
        ...

    @property
    def floating(self) -> FloatingAddresses | None:
        """The addresses that hosts share in turn."""
        ...

    def enter(self, hosts: Sequence[str]) -> None:
        """Make the hosts and move this process inside. Call once, while the process has one thread.

        The process that returns may be another one than called (a child inside a new PID namespace); the caller's
        process then waits for it and ends with its exit code, and its death ends everything inside.

        :raises SandboxError: it is refused here; the error names the exact setting.
        """
        ...

    def address(self, host: str, role: HostRole) -> str:
        """The IPv4 address of a role on a host; known before :meth:`enter`, and another one after :meth:`readdress`."""
        ...

    def other_address(self, host: str, role: HostRole) -> str:
        """The address that a role on a host has after the next :meth:`readdress`; known before :meth:`enter`.

        :raises SandboxError: this sandbox cannot (it lacks :attr:`Capability.ADDRESSES`).
        """
        ...

    def readdress(self, host: str, role: HostRole) -> None:
        """Take a role's address from its host and give it its other one; the old one gives no answer, not even a refusal.

        Two addresses take turns. Cuts of that role and impairments that were made before do not follow it.

        :raises SandboxError: this sandbox cannot (it lacks :attr:`Capability.ADDRESSES`).
        """
        ...

    def directory(self, host: str) -> PurePath:
        """The path, on the host, of a private folder for its data, gone with the sandbox; known before :meth:`enter`."""
        ...

    def folder(self, host: str, name: str) -> ServerFolder:
        """The folder of one server in that of its host; :meth:`ServerFolder.make` makes it."""
        ...

    def prepare(self, folder: ServerFolder, needs: Collection[str]) -> None:
        """Give the server of an existing folder what these needs ask for, a disk or a clock of its own; nothing where it has that.

        :raises SandboxError: the kernel refuses.
        """
        ...

    def log(self, host: str, name: str) -> ProcessLog:
        """Begin a log beside the folders of a host's servers, or continue it.

        :raises RecordError: it cannot be made.
        """
        ...

    def spawn(
        self,
        host: str,
        argv: Sequence[str],
        *,
        cwd: PurePath,
        log: ProcessLog,
        environment: Mapping[str, str] | None = None,
        pipes: bool = False,
        sees: Sequence[str] = (),
        owns: Sequence[str] = (),
        needs: Collection[str] = (),
    ) -> Process:
        """Start a process on a host, stdout and stderr appended to its ``log`` there; with ``pipes``, stdin and stdout are pipes instead.

        With ``needs``, it is a server whose folder ``cwd`` was made ready for them (:meth:`prepare`).

        It dies with the sandbox. Of this process' environment it gets nothing, but
        what ``environment`` has. A sandbox that confines processes lets it read the system's programs and libraries and ``sees``,
        and write in ``cwd`` and ``owns``, and neither read nor write anything else. ``cwd`` is a path on the host; ``sees`` and ``owns``
        are files and folders of the trial's own process, by absolute path, and a sandbox elsewhere keeps both sides alike.

        :raises SandboxError: there is no such program, or the kernel refuses.
        """
        ...

    def helpers(self) -> Mapping[str, Process]:
        """The lab's own processes that the trial depends on, by the names that events have for them (``records/ends.py``)."""
        ...

    def expect(
        self,
        host: str,
        program: str,
        *,
        cwd: PurePath,
        sees: Sequence[str] = (),
        owns: Sequence[str] = (),
        needs: Collection[str] = (),
    ) -> None:
        """Say that such a process will be started, in an existing folder: what :meth:`spawn` needs for it is made meanwhile.

        :raises SandboxError: the kernel refuses.
        """
        ...

    def dial(self, source: Endpoint | None, address: str, port: int, limit_s: float) -> socket.socket:
        """Connect over TCP, as :func:`jsquared.resp.dialing.dial` does, with an address and a port as the hosts know them.

        :param source: where the connection comes from: a role's address on a host, any one of a host, or (None) the observer's.
        :param limit_s: within so many seconds, which then is its timeout too; 0 for a non-blocking socket that may still be connecting.
        :raises OSError: there is no connection in time.
        :raises SandboxError: there is no such host.
        """
        ...

    def listen(self, host: str, address: str, port: int = 0) -> Listener:
        """Take connections at an address of a host, all of them where it is empty, and at that port, or any free one.

        :raises OSError: the host does not have the address, or the port is taken.
        :raises SandboxError: there is no such host.
        """
        ...

    def close(self) -> None:
        """End every process inside and let go of everything; a second call does nothing."""
        ...
