"""A sandbox on paper: links, names and addresses are noted down, and processes run on this machine."""

import socket
import subprocess
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path, PurePath

from jsquared.errors import SandboxError
from jsquared.resp.dialing import dial
from jsquared.sandbox.capability import Capability
from jsquared.sandbox.facets import HowNamesAnswer, Lookup
from jsquared.sandbox.link import Endpoint, HostRole
from jsquared.sandbox.linux import processes
from jsquared.sandbox.linux.listener import LocalListener
from jsquared.sandbox.linux.local_process import LocalProcess
from jsquared.sandbox.linux.this_machine import ThisMachine, means_of
from jsquared.sandbox.open_hosts import OpenHosts
from jsquared.sandbox.process import Process, ProcessLog
from jsquared.testing.fake_links import ImpairmentsOnPaper, LinksOnPaper


class FakeFloating:
    """Floating addresses on paper: ``has`` maps each to the hosts that have it; those in ``cut_off`` neither hear nor are heard."""

    def __init__(self) -> None:
        self.has: dict[str, set[str]] = {}
        self.cut_off: set[str] = set()
        self.announced: list[tuple[str, str]] = []
        self.early: list[str] = []
        self.rooted = False
        self._told: dict[str, list[bytes]] = {}

    def address(self, number: int) -> str:
        """One that no host has for itself."""
        return f"127.0.9.{number}"

    def take(self, host: str, address: str) -> None:
        """Note who has it, and that it was announced.

        :raises SandboxError: it was told to refuse.
        """
        if self.rooted:
            raise SandboxError("no address moves", where="fake")
        self.has.setdefault(address, set()).add(host)
        self.announced.append((host, address))

    def give_up(self, host: str, address: str) -> None:
        """Note who has it no more."""
        self.has.get(address, set()).discard(host)

    def allow_early_binds(self, host: str) -> None:
        """Note the host."""
        self.early.append(host)

    def say(self, host: str, words: bytes) -> None:
        """Tell all who have listened before and are on the same side."""
        for other, told in self._told.items():
            if other != host and not {host, other} & self.cut_off:
                told.append(words)

    def heard(self, host: str) -> list[bytes]:
        """Return the messages received since the last call."""
        told, self._told[host] = self._told.get(host, []), []
        return told


class FakeNames:
    """Names on paper: ``known`` is what is served, ``late_ms`` and ``how`` what each host was promised. ``deaf`` ignores disturbances."""

    def __init__(self) -> None:
        self.deaf = False
        self.known: dict[str, str] = {}
        self.manners: dict[str, tuple[int, HowNamesAnswer]] = {}

    def serve(self, names: Mapping[str, str]) -> None:
        """Note the names."""
        self.known = dict(names)

    def change(self, names: Mapping[str, str]) -> None:
        """Note what these names mean now."""
        if not self.deaf:
            self.known |= names

    def disturb(self, hosts: Sequence[str], *, after_ms: int = 0, how: HowNamesAnswer = "answer") -> None:
        """Note how hosts are answered."""
        if not self.deaf:
            self.manners |= dict.fromkeys(hosts, (after_ms, how))

    def lookup(self, host: str, name: str, *, limit_s: float) -> Lookup:
        """Return the answer that a host would get, with the time that it would take."""
        after_ms, how = self.manners.get(host, (0, "answer"))
        if how == "silence" or after_ms > limit_s * 1000:
            return Lookup("", "nothing", limit_s * 1000)
        address = self.known.get(name, "") if how == "answer" else ""
        return Lookup(address, "address" if address else "no such name", after_ms + 0.5)


class FakeSandbox(OpenHosts, ThisMachine):
    """Hosts in name only: processes run on this machine, links are cut on paper, and probes look at the paper.

    ``rooted`` hosts keep their addresses.
    """

    name = "fake"
    capabilities = frozenset(Capability)

    def __init__(self, root: Path) -> None:
        self.links = LinksOnPaper()
        self.impairments = ImpairmentsOnPaper()
        self.name_service = FakeNames()
        self.floating = FakeFloating()
        self.entered: Sequence[str] = ()
        self.closed = False
        self.rooted = False
        self._moved: set[tuple[str, HostRole]] = set()
        self._root = root
        self._processes: list[subprocess.Popen[bytes]] = []

    def enter(self, hosts: Sequence[str]) -> None:
        """Make the hosts' folders, and keep their names."""
        self.entered = hosts
        for host in hosts:
            self.directory(host).mkdir(parents=True, exist_ok=True)

    def address(self, host: str, role: HostRole) -> str:
        """Loopback, the same for everybody who has not moved, and another for those who have."""
        return "127.0.0.2" if (host, role) in self._moved else "127.0.0.1"

    def other_address(self, host: str, role: HostRole) -> str:
        """The other one of the two."""
        return "127.0.0.1" if (host, role) in self._moved else "127.0.0.2"

    def readdress(self, host: str, role: HostRole) -> None:
        """Note that a role has moved."""
        if not self.rooted:
            self._moved ^= {(host, role)}

    def directory(self, host: str) -> Path:
        """A folder of the host."""
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
        sees: Sequence[str] = (),  # noqa: ARG002 -- nothing is hidden here
        owns: Sequence[str] = (),  # noqa: ARG002
        needs: Collection[str] = (),
    ) -> Process:
        """Start a process on this machine."""
        assert host in self.entered
        with processes.opened(Path(log.path)) as output:
            variables = {**(environment or {}), **means_of(cwd, needs).environment}
            process = processes.start(argv, cwd=cwd, output=output, environment=variables, pipes=pipes)
        self._processes.append(process)
        return LocalProcess(host, process)

    def _known(self, host: str) -> None:
        assert host in self.entered

    def dial(self, source: Endpoint | None, address: str, port: int, limit_s: float) -> socket.socket:  # noqa: ARG002
        """Connect; this machine is every host."""
        return dial(address, port, limit_s)

    def listen(self, host: str, address: str, port: int = 0) -> LocalListener:  # noqa: ARG002
        """Take connections."""
        return LocalListener(address, port)

    def close(self) -> None:
        """End every process."""
        processes.kill_groups(self._processes)
        processes.reap(self._processes)
        self.closed = True
