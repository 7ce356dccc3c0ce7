"""The fallback sandbox: every host an address of 127.0.0.0/8, process faults only, no privilege needed.

Where namespaces are refused, servers can still be crashed, hung and restarted on loopback addresses. Links cannot be cut here. Every
process asks the kernel for SIGKILL when the thread that started it ends, so start them from the trial's main thread. The
data folder goes with the trial too, removed by a small watcher process that waits for the trial's end, however that comes.

Trials side by side keep apart by their addresses: a trial holds a UDP port of its ``127.A.B`` for as long as it lives, and another
trial that is given or draws the same one finds it taken.
"""

import os
import re
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from pathlib import Path, PurePath

from jsquared.errors import BadInputError, SandboxError
from jsquared.resp.dialing import dial
from jsquared.sandbox.capability import MACHINE, Capability
from jsquared.sandbox.link import Endpoint, HostRole
from jsquared.sandbox.linux import processes, syscalls
from jsquared.sandbox.linux.listener import LocalListener
from jsquared.sandbox.linux.local_process import LocalProcess
from jsquared.sandbox.linux.supervise import continue_in_child
from jsquared.sandbox.linux.this_machine import ThisMachine, means_of
from jsquared.sandbox.open_hosts import OpenHosts
from jsquared.sandbox.process import ProcessLog
from jsquared.sandbox.sandbox import SandboxKind

HOSTS_LIMIT = 80
_ROLE_OFFSETS: dict[HostRole, int] = {"data": 0, "sentinel": 80, "client": 160}
_SERVER_PORTS = (6379, 26379)
_DRAWS = 100
_REMOVE_TRIES, _REMOVE_EVERY_S = 200, 0.05
_CLAIM_HOST, _CLAIM_PORT = 254, 26379
_FOLDER = re.compile(r"\.loopback-(?P<prefix>127\.\d{1,3}\.\d{1,3})")


class LoopbackSandbox(OpenHosts, ThisMachine):
    """Hosts as addresses ``127.A.B.x``; ``prefix`` (``127.A.B``) and ``root`` say which and where their data lies.

    A prefix is drawn and tried when none is given.
    """

    name = "loopback"
    capabilities = MACHINE | frozenset({Capability.PROCESS})
    kind = SandboxKind(name, capabilities, HOSTS_LIMIT - 1, on_loopback=True)
    links = None
    impairments = None
    disk = None
    name_service = None
    floating = None

    def __init__(self, root: Path, *, prefix: str = "", parent: int | None = None) -> None:
        self._prefix = prefix or _free_prefix()
        self._root = root.absolute() / f".loopback-{self._prefix}"
        self._parent = os.getppid() if parent is None else parent
        self._numbers: dict[str, int] = {}
        self._processes: list[subprocess.Popen[bytes]] = []
        self._claim: socket.socket | None = None
        """Held from :meth:`enter` to :meth:`close`."""

    def enter(self, hosts: Sequence[str]) -> None:
        """Make the hosts' folders; see :meth:`jsquared.sandbox.sandbox.Sandbox.enter`.

        From then on SIGINT, SIGTERM and SIGHUP raise KeyboardInterrupt in the process that returns.

        :raises SandboxError: another trial has these addresses, or the folders cannot be made.
        """
        syscalls.die_with(self._parent)
        syscalls.die_with_parent(continue_in_child())
        for host in hosts:
            self.address(host, "data")
        claim = _claim(self._prefix)
        if claim is None:
            raise SandboxError(f"{self._prefix}.0/24 is taken by another trial", where=self.name, hint="again")
        _remove_when_this_process_ends(self._root)  # before there is anything: it may be killed at any moment
        try:
            for host in hosts:
                self.directory(host).mkdir(parents=True)
        except OSError as problem:
            claim.close()
            raise SandboxError(
                f"cannot make the hosts' folders: {problem.strerror}",
                where=str(self._root),
                hint="--out with a folder you may write to",
            ) from problem
        _remove_abandoned(self._root.parent)
        self._claim = claim

    def address(self, host: str, role: HostRole) -> str:
        """``127.A.B.x``: hosts are numbered in the order in which they are first named."""
        number = self._numbers.setdefault(host, len(self._numbers) + 1)
        if number > self.kind.most_hosts:
            raise BadInputError(f"more than {self.kind.most_hosts} hosts", where=self.name)
        return f"{self._prefix}.{_ROLE_OFFSETS[role] + number}"

    def other_address(self, host: str, role: HostRole) -> str:
        """Always refused: every address of loopback always belongs to this machine.

        :raises SandboxError: always.
        """
        raise SandboxError(f"{host} has no other {role} address", where=self.name, hint="--sandbox namespaces")

    def readdress(self, host: str, role: HostRole) -> None:
        """Always refused: every address of loopback always belongs to this machine.

        :raises SandboxError: always.
        """
        raise SandboxError(f"{host} keeps its {role} address", where=self.name, hint="--sandbox namespaces")

    def directory(self, host: str) -> Path:
        """The host's folder beside the run folders."""
        return self._root / host

    def spawn(
        self,
        host: str,
        argv: Sequence[str],
        *,
        cwd: PurePath,
        log: ProcessLog,
        environment: Mapping[str, str] | None = None,
        pipes: bool = False,
        sees: Sequence[str] = (),  # noqa: ARG002 -- it sees what this user sees
        owns: Sequence[str] = (),  # noqa: ARG002
        needs: Collection[str] = (),
    ) -> LocalProcess:
        """Start a process on a host, not confined; see :meth:`jsquared.sandbox.sandbox.Sandbox.spawn`."""
        self._known(host)
        end_with_the_trial = partial(syscalls.die_with, os.getpid())
        variables = {**(environment or {}), **means_of(cwd, needs).environment}
        with processes.opened(Path(log.path)) as output:
            process = processes.start(
                argv, cwd=cwd, output=output, environment=variables, pipes=pipes, in_child=end_with_the_trial
            )
        self._processes.append(process)
        return LocalProcess(host, process)

    def dial(self, source: Endpoint | None, address: str, port: int, limit_s: float) -> socket.socket:
        """Connect, from a role's address where one is named."""
        if source is None:
            return dial(address, port, limit_s)
        self._known(source.host)
        return dial(address, port, limit_s, self.address(source.host, source.role or "data"))

    def listen(self, host: str, address: str, port: int = 0) -> LocalListener:
        """Take connections; all hosts share this process' network."""
        self._known(host)
        return LocalListener(address, port)

    def close(self) -> None:
        """End every process inside and remove the data."""
        if self._claim is None:
            return
        processes.kill_groups(self._processes)
        processes.reap(self._processes)
        remove(self._root)
        self._claim.close()
        self._claim = None

    def _known(self, host: str) -> None:
        if self._claim is None or host not in self._numbers:
            raise SandboxError(f"there is no host '{host}' inside", where=self.name)


def _free_prefix() -> str:
    """A ``127.A.B`` that no trial holds and on which no process listens at a server's port; drawn at random."""
    for _ in range(_DRAWS):
        prefix = f"127.{secrets.randbelow(200) + 20}.{secrets.randbelow(254) + 1}"
        claim = _claim(prefix)
        if claim is not None:
            claim.close()
            if all(_is_free(f"{prefix}.1", port) for port in _SERVER_PORTS):
                return prefix
    raise SandboxError(
        "no free loopback addresses", where="loopback", hint="ending servers that listen on all addresses"
    )


def _claim(prefix: str) -> socket.socket | None:
    """Hold a prefix for as long as the socket is open; None when another process does."""
    claim = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
    try:
        claim.bind((f"{prefix}.{_CLAIM_HOST}", _CLAIM_PORT))
    except OSError:
        claim.close()
        return None
    return claim


def _remove_abandoned(folder: Path) -> None:
    """Remove what trials left whose processes were all killed at once: their folders, whose addresses are no longer held.

    A trial holds its addresses before it makes its folder and until it has removed it.
    """
    for left in folder.glob(".loopback-127.*"):
        match = _FOLDER.fullmatch(left.name)
        claim = (
            _claim(match["prefix"]) if match and not left.is_symlink() and left.stat().st_uid == os.getuid() else None
        )
        if claim is not None:
            remove(left)
            claim.close()


def _is_free(address: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


def _remove_when_this_process_ends(folder: Path) -> None:
    """Leave a process behind that waits for this one's end and then removes the folder, even after a SIGKILL.

    It holds nothing else of this process: standard streams and inherited descriptors are let go.
    """
    alive, _held = os.pipe()
    if os.fork():
        os.close(alive)
        return  # the other end stays open until this process ends
    os.setsid()
    syscalls.forget_parent_death_signal()
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.dup2(alive, 3)
    os.closerange(4, os.sysconf("SC_OPEN_MAX"))
    os.read(3, 1)  # returns when the other end closes, for nothing is ever written
    remove(folder)
    os._exit(0)


def remove(folder: Path) -> None:
    """Remove a folder in which somebody may still make files: a server that is just ending, or its child that rewrites a file.

    Children that a server forks do not die with the trial; they end by themselves soon. It is tried for 10 s.
    """
    for _ in range(_REMOVE_TRIES):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(_REMOVE_EVERY_S)
