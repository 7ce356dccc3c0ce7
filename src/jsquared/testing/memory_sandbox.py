"""A sandbox whose hosts exist in memory only: its processes, files and addresses are none of this machine's.

It shows that whatever uses a sandbox uses it by its protocol alone, as a sandbox on other machines needs. ``programs`` maps the paths of
programs on its hosts to their code; a connection between two of its addresses is a pair of sockets, made by :meth:`MemorySandbox.dial`.
"""

import itertools
import queue
import socket
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import PurePath, PurePosixPath

from jsquared.errors import RecordError, SandboxError
from jsquared.sandbox.capability import Capability
from jsquared.sandbox.facets import ServerFolder
from jsquared.sandbox.link import Endpoint, HostRole
from jsquared.sandbox.open_hosts import OpenHosts
from jsquared.sandbox.process import ProcessLog
from jsquared.testing.memory_process import Cat, MemoryFolder, MemoryLog, MemoryProcess, Program

ROOT = PurePosixPath("/memory")
OBSERVER = "10.83.0.1"
_ROLES: dict[HostRole, int] = {"data": 1, "sentinel": 2, "client": 3}
_FIRST_FREE_PORT = 40_000
Place = tuple[str, int]


class MemoryListener:
    """Takes connections to one address; see :class:`jsquared.sandbox.sandbox.Listener`."""

    def __init__(self, place: Place, close: Callable[[], None]) -> None:
        self.port = place[1]
        self.close = close
        self._waiting: queue.SimpleQueue[tuple[socket.socket, Place]] = queue.SimpleQueue()

    def connect(self, peer: Place) -> socket.socket:
        """Return the other end of a new connection that comes from there."""
        ours, theirs = socket.socketpair()
        self._waiting.put((ours, peer))
        return theirs

    def accept(self, limit_s: float) -> tuple[socket.socket, Place]:
        """Return the next connection."""
        try:
            return self._waiting.get(timeout=limit_s) if limit_s else self._waiting.get_nowait()
        except queue.Empty:
            raise TimeoutError from None

    def __enter__(self) -> "MemoryListener":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class MemorySandbox(OpenHosts):
    """Hosts with addresses ``10.83.<role>.<host>``, and no facet at all; ``/bin/sleep`` and ``/bin/cat`` are there."""

    name = "memory"
    capabilities = frozenset({Capability.PROCESS})
    links = None
    impairments = None
    clock = None
    disk = None
    latency = None
    limits = None
    out_of_memory = None
    name_service = None
    floating = None

    def __init__(self, programs: Mapping[str, Callable[[MemoryProcess], Program]] | None = None) -> None:
        self.programs: dict[str, Callable[[MemoryProcess], Program]] = {"/bin/sleep": Program, "/bin/cat": Cat}
        self.programs |= programs or {}
        self._numbers: dict[str, int] = {}
        self._inside: tuple[str, ...] = ()
        self._disk: dict[PurePath, dict[str, bytes]] = {}
        self._logs: dict[PurePath, MemoryLog] = {}
        self._listeners: dict[Place, MemoryListener] = {}
        self._processes: list[MemoryProcess] = []
        self._ports = itertools.count(_FIRST_FREE_PORT)

    def enter(self, hosts: Sequence[str]) -> None:
        """Make the hosts."""
        self._inside = tuple(hosts)

    def address(self, host: str, role: HostRole) -> str:
        """Hosts are numbered in the order in which they are first named."""
        number = self._numbers.setdefault(host, len(self._numbers) + 1)
        return f"10.83.{_ROLES[role]}.{number}"

    def other_address(self, host: str, role: HostRole) -> str:
        """Always refused.

        :raises SandboxError: always.
        """
        raise SandboxError(f"{host} has no other {role} address", where=self.name)

    def readdress(self, host: str, role: HostRole) -> None:
        """Always refused.

        :raises SandboxError: always.
        """
        raise SandboxError(f"{host} keeps its {role} address", where=self.name)

    def directory(self, host: str) -> PurePath:
        """A path that this machine does not have."""
        return ROOT / host

    def folder(self, host: str, name: str) -> MemoryFolder:
        """The folder of one server."""
        return MemoryFolder(self.directory(host) / name, self._disk)

    def prepare(self, folder: ServerFolder, needs: Collection[str]) -> None:
        """Nothing is needed that this sandbox has."""

    def log(self, host: str, name: str) -> MemoryLog:
        """Begin a log, or continue it."""
        path = self.directory(host) / f"{name}.log"
        if host not in self._inside:
            raise RecordError("a log cannot be written: no such host", where=str(path))
        return self._logs.setdefault(path, MemoryLog(path))

    def spawn(
        self,
        host: str,
        argv: Sequence[str],
        *,
        cwd: PurePath,
        log: ProcessLog,
        environment: Mapping[str, str] | None = None,  # noqa: ARG002 -- no program here has any
        pipes: bool = False,  # noqa: ARG002 -- it has both
        sees: Sequence[str] = (),  # noqa: ARG002 -- it sees what this process sees
        owns: Sequence[str] = (),  # noqa: ARG002
        needs: Collection[str] = (),  # noqa: ARG002
    ) -> MemoryProcess:
        """Start one of the programs."""
        self._known(host)
        if argv[0] not in self.programs or cwd not in self._disk:
            raise SandboxError("cannot be started: No such file or directory", where=argv[0])
        pid = len(self._processes) + 1
        process = MemoryProcess(host, pid, tuple(argv), self._logs[log.path], self.programs[argv[0]])
        self._processes.append(process)
        process.begin()
        return process

    def dial(self, source: Endpoint | None, address: str, port: int, limit_s: float) -> socket.socket:
        """Connect to who listens there."""
        if source is not None:
            self._known(source.host)
        own = OBSERVER if source is None else self.address(source.host, source.role or "data")
        listener = self._listeners.get((address, port))
        if listener is None:
            raise ConnectionRefusedError(f"nobody listens at {address}:{port}")
        made = listener.connect((own, next(self._ports)))
        made.settimeout(limit_s)
        return made

    def listen(self, host: str, address: str, port: int = 0) -> MemoryListener:
        """Take connections at an address and a port."""
        self._known(host)
        place = (address, port or next(self._ports))
        if place in self._listeners:
            raise OSError(f"{address}:{port} is taken")

        def forget() -> None:
            self._listeners.pop(place, None)

        self._listeners[place] = MemoryListener(place, forget)
        return self._listeners[place]

    def close(self) -> None:
        """End every process and forget all files."""
        for process in self._processes:
            process.kill()
        self._inside = ()
        self._disk.clear()

    def _known(self, host: str) -> None:
        if host not in self._inside:
            raise SandboxError(f"there is no host '{host}' inside", where=self.name)
