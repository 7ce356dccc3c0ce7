"""The facets of sandboxes whose servers run on this machine: their folders, clocks, disks and limits are the kernel's, here.

A server with a clock of its own, or with a slow disk, is started with the shim (:mod:`jsquared.sandbox.linux.shim`); one with a disk of its
own has a filesystem on its folder (:mod:`jsquared.sandbox.linux.disk`).
"""

import resource
from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from jsquared.errors import SandboxError
from jsquared.records.private_files import make_private_folder
from jsquared.sandbox.capability import Capability
from jsquared.sandbox.facets import Clocks, Disks, Latencies, Limits, OutOfMemory, ServerFolder
from jsquared.sandbox.linux import disk, limits, server_folder, shim
from jsquared.sandbox.linux.local_process import LocalLog
from jsquared.sandbox.linux.out_of_memory import LocalOutOfMemory
from jsquared.sandbox.process import Process

_SHIMMED = frozenset({Capability.CLOCK, Capability.SLOW_DISK})


@dataclass(frozen=True)
class LocalFolder:
    """A folder of this machine; see :class:`jsquared.sandbox.facets.ServerFolder`."""

    path: Path

    def make(self) -> None:
        """Make it, with those above it."""
        try:
            make_private_folder(self.path, exist_ok=True)
        except OSError as problem:
            raise SandboxError(f"cannot be made: {problem.strerror}", where=str(self.path)) from problem

    def names(self) -> list[str]:
        """Return the names of the files in it."""
        return server_folder.names_in(self.path)

    def read_text(self, name: str) -> str:
        """The text of a file; no link is followed."""
        return server_folder.read_text(self.path, name)

    def write_text(self, name: str, text: str) -> None:
        """(Over)write a file."""
        server_folder.write_text(self.path, name, text)

    def write_bytes(self, name: str, data: bytes, *, executable: bool = False) -> None:
        """(Over)write a file."""
        server_folder.write_bytes(self.path, name, data, executable=executable)

    def remove(self, name: str) -> None:
        """Take away what has that name."""
        server_folder.remove(self.path, name)


class LocalPages:
    """The pages by which servers' clocks are set and their disks slowed."""

    def of(self, folder: ServerFolder) -> shim.Control:
        """That of a server."""
        return shim.Control(page_of(folder))


class LocalDisks:
    """Filesystems on servers' folders."""

    def fill(self, folder: ServerFolder) -> None:
        """Leave no free space."""
        disk.fill(Path(folder.path))

    def make_room(self, folder: ServerFolder) -> None:
        """Free space again."""
        disk.make_room(Path(folder.path))

    def set_read_only(self, folder: ServerFolder, read_only: bool) -> None:
        """Refuse writes, or take them again."""
        disk.set_read_only(Path(folder.path), read_only)

    def write_error(self, folder: ServerFolder) -> str:
        """Return the kernel's answer to a write."""
        return disk.write_error(Path(folder.path))


class LocalLimits:
    """Limits of processes of this machine."""

    def limit_memory(self, process: Process, limit_bytes: int | None) -> None:
        """Set it, or lift it."""
        limits.limit_memory(process.pid, resource.RLIM_INFINITY if limit_bytes is None else limit_bytes)

    def memory_limit(self, process: Process) -> int | None:
        """Return the kernel's answer."""
        limit = limits.memory_limit(process.pid)
        return None if limit == resource.RLIM_INFINITY else limit

    def mapped_bytes(self, process: Process) -> int:
        """Return the bytes that it has mapped."""
        return limits.mapped_bytes(process.pid)


def page_of(folder: ServerFolder) -> Path:
    """The page that the lab shares with a server; beside its folder, so it survives whatever befalls that."""
    return Path(folder.path).with_name(f"{folder.path.name}.shim")


@dataclass(frozen=True)
class Means:
    """The means of a server beyond those of every process: variables, files that it reads, and files that it may write."""

    environment: dict[str, str]
    sees: Sequence[str] = ()
    owns: Sequence[str] = ()


def means_of(cwd: PurePath, needs: Collection[str]) -> Means:
    """The means for these needs, of a server whose folder was prepared for them.

    :raises SandboxError: the shim is needed, and this machine cannot have it.
    """
    if _SHIMMED.isdisjoint(needs):
        return Means({})
    page = page_of(LocalFolder(Path(cwd)))
    return Means(shim.environment(page, {}), (str(shim.library()),), (str(page),))


class ThisMachine(ABC):
    """A sandbox whose servers run on this machine; its facets are those that it has."""

    clock: Clocks | None = LocalPages()
    latency: Latencies | None = LocalPages()
    disk: Disks | None = LocalDisks()
    limits: Limits | None = LocalLimits()
    out_of_memory: OutOfMemory | None = LocalOutOfMemory()

    @abstractmethod
    def directory(self, host: str) -> Path:
        """The private folder of a host."""
        ...

    def folder(self, host: str, name: str) -> LocalFolder:
        """The folder of one server in that of its host."""
        return LocalFolder(self.directory(host) / name)

    def log(self, host: str, name: str) -> LocalLog:
        """Begin a log in the folder of a host, or continue it."""
        return LocalLog(self.directory(host) / f"{name}.log")

    def prepare(self, folder: ServerFolder, needs: Collection[str]) -> None:
        """Make a disk, and the page of a clock; see :meth:`jsquared.sandbox.sandbox.Sandbox.prepare`."""
        if Capability.DISK in needs:
            disk.make_disk(Path(folder.path))
        if not _SHIMMED.isdisjoint(needs):
            shim.Control(page_of(folder)).close()
