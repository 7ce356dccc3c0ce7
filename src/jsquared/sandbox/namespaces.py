"""The default sandbox: one trial in Linux namespaces of its own, without root and without a daemon.

:meth:`NamespacesSandbox.enter` moves the trial into new user (only where needed), network, mount and PID namespaces and goes on as
init of the last. Its network namespace is the switch, with an address that observes every host; each host is a network namespace
on a cable to it. Data lies in a memory filesystem that only the trial sees. When init dies, however it dies, the kernel ends every
process inside, and with them go networks, rules and mounts: nothing is left to clean up.

One thing to know: fsync on a memory filesystem is free, so disk latency is not part of what is measured here.
"""

import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from pathlib import Path, PurePath

from jsquared.records.sources import RELAY
from jsquared.resp.dialing import dial
from jsquared.sandbox.capability import MACHINE, Capability
from jsquared.sandbox.link import Endpoint, HostRole
from jsquared.sandbox.linux import names_files, processes, syscalls
from jsquared.sandbox.linux.floating_addresses import Floating
from jsquared.sandbox.linux.isolate import data_folder, mount_data, move_inside
from jsquared.sandbox.linux.libraries import libraries_of
from jsquared.sandbox.linux.listener import LocalListener
from jsquared.sandbox.linux.local_process import LocalProcess
from jsquared.sandbox.linux.name_service import Names
from jsquared.sandbox.linux.network import HOSTS_LIMIT, OBSERVER_ADDRESS, Network
from jsquared.sandbox.linux.private_root import View, without_repeats
from jsquared.sandbox.linux.rooms import Rooms
from jsquared.sandbox.linux.switch import SwitchImpairments, SwitchLinks
from jsquared.sandbox.linux.this_machine import ThisMachine, means_of
from jsquared.sandbox.process import ProcessLog
from jsquared.sandbox.sandbox import SandboxKind

NAMES, ROOTS = ".names", ".roots"
"""Folders beside those of the hosts; no host is called so."""
_HIDDEN_FROM_PROGRAMS = ("/boot", "/dev", "/etc", "/proc", "/run", "/sys", "/usr")
"""Top folders that the user's own programs are not given to write in; of ``/dev``, ``/etc`` and ``/usr`` they see what servers see."""


class NamespacesSandbox(ThisMachine):
    """Hosts as network namespaces on one switch; every link between two of them can be cut.

    ``keep`` are folders that the trial needs to see: the place for data is chosen so that it hides none of them. ``parent`` is
    the process whose death must end the trial, by default this process' parent at construction.
    """

    name = "namespaces"
    capabilities = MACHINE | {
        Capability.PROCESS,
        Capability.LINKS,
        Capability.DELAY,
        Capability.DISK,
        Capability.ADDRESSES,
        Capability.FLOATING,
        Capability.NAMES,
        Capability.CONFINED,
    }
    kind = SandboxKind(name, capabilities, HOSTS_LIMIT)

    def __init__(self, keep: Sequence[Path] = (), *, parent: int | None = None) -> None:
        self._parent = os.getppid() if parent is None else parent
        self._data = data_folder(keep)
        self._network = Network()
        self._floating = Floating(self._network)
        self._names = Names(
            OBSERVER_ADDRESS,
            files=lambda address: names_files.NameFiles(address, self._data / NAMES),
            socket_on=self._datagram_socket,
            host_of=self._network.host_of,
        )
        self._processes: list[subprocess.Popen[bytes]] = []
        self._rooms: Rooms | None = None
        self.links = SwitchLinks(self._network)
        self.impairments = SwitchImpairments(self._network, self.links)

    def enter(self, hosts: Sequence[str]) -> None:
        """Make the hosts and go on inside as process 1; see :meth:`jsquared.sandbox.sandbox.Sandbox.enter`.

        From then on SIGINT, SIGTERM and SIGHUP raise KeyboardInterrupt. The process left behind forwards them, ends with the
        trial's exit code and dies with its own parent. Extra threads (numerical libraries start some) cost one more fork.
        """
        for host in hosts:
            self.address(host, "data")
        move_inside(lambda: os.getppid() == self._parent)
        mount_data(self._data, [*hosts, NAMES, ROOTS])
        names_files.make(self._data / NAMES)
        self._rooms = Rooms(self._data / ROOTS, names_files.shown(self._data / NAMES))
        self._network.make(hosts)
        self.links.open()

    def address(self, host: str, role: HostRole) -> str:
        """``10.77.<role>.<host>``: hosts are numbered in the order in which they are first named."""
        return self._network.address(host, role)

    def other_address(self, host: str, role: HostRole) -> str:
        """``10.77.<10 + role>.<host>``, or the first one again."""
        return self._network.other_address(host, role)

    def readdress(self, host: str, role: HostRole) -> None:
        """Give a role on a host its other address; see :meth:`jsquared.sandbox.sandbox.Sandbox.readdress`."""
        self.links.need_open()
        self._network.readdress(host, role)

    def directory(self, host: str) -> Path:
        """The host's folder on the trial's memory filesystem."""
        return self._data / host

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
    ) -> LocalProcess:
        """Start a process on a host, in its own root; see :meth:`jsquared.sandbox.sandbox.Sandbox.spawn`."""
        rooms = self._rooms_inside()
        enter = self._network.entrance(host)
        means = means_of(cwd, needs)
        view = _view(argv[0], cwd, (*sees, *means.sees), (*owns, *means.owns))
        variables = {**(environment or {}), **means.environment}
        start = partial(processes.start, argv, cwd=cwd, environment=variables, pipes=pipes)
        with processes.opened(Path(log.path)) as output:
            process = rooms.start(view, enter, partial(start, output=output))
        self._processes.append(process)
        return LocalProcess(host, process)

    def start_program(
        self,
        host: str,
        argv: Sequence[str],
        *,
        cwd: PurePath,
        environment: Mapping[str, str],
        streams: tuple[int, int, int],
        sees: Sequence[str] = (),
    ) -> LocalProcess:
        """Start the user's own program on a host: with the network and the names of that host, and the user's own files.

        It sees no socket of a daemon (``/run``), no setting of the machine (``/etc``) but what servers see too, and of the lab's own
        processes and files nothing but ``sees``. It dies with the sandbox.

        :param streams: the descriptors that it gets as stdin, stdout and stderr.
        :raises SandboxError: there is no such host or program, or the kernel refuses.
        """
        enter = self._network.entrance(host)
        own = [str(path) for path in sorted(Path("/").iterdir()) if path.is_dir() and not path.is_symlink()]
        hidden = {*_HIDDEN_FROM_PROGRAMS, f"/{self._data.relative_to('/').parts[0]}"}
        view = View(without_repeats(sees), without_repeats(path for path in own if path not in hidden))
        start = partial(processes.start_with, argv, cwd=cwd, environment=environment, streams=streams)
        process = self._rooms_inside().start(view, enter, start)
        self._processes.append(process)
        return LocalProcess(host, process)

    def helpers(self) -> Mapping[str, LocalProcess]:
        """The relay of impaired links, once there are any."""
        relay = self.impairments.relay
        return {RELAY: relay} if relay else {}

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
        """Let the process' room be made meanwhile; see :meth:`jsquared.sandbox.sandbox.Sandbox.expect`."""
        self._network.entrance(host)  # refuses hosts that do not exist
        means = means_of(cwd, needs)
        self._rooms_inside().order(_view(program, cwd, (*sees, *means.sees), (*owns, *means.owns)))

    def dial(self, source: Endpoint | None, address: str, port: int, limit_s: float) -> socket.socket:
        """Connect as a host or as the observer; see :meth:`jsquared.sandbox.sandbox.Sandbox.dial`."""
        self.links.need_open()
        if source is None:
            return dial(address, port, limit_s)
        own = self.address(source.host, source.role) if source.role else ""
        with self._network.inside(source.host):
            return dial(address, port, limit_s, own)

    def listen(self, host: str, address: str, port: int = 0) -> LocalListener:
        """Take connections as a host."""
        self.links.need_open()
        with self._network.inside(host):
            return LocalListener(address, port)

    @property
    def name_service(self) -> Names:
        """The trial's own name service, on the observer's address."""
        self.links.need_open()
        return self._names

    @property
    def floating(self) -> Floating:
        """The addresses that hosts share in turn; see :class:`jsquared.sandbox.facets.FloatingAddresses`."""
        return self._floating

    def close(self) -> None:
        """End every process inside and let go of networks, rules, names and data."""
        if not self.links.are_open:
            return
        self._names.close()
        self.impairments.close()
        self.links.close()
        if self._rooms is not None:
            self._rooms.close()
        _end_everything(self._processes)
        self._floating.close()
        self._network.close()
        syscalls.detach(str(self._data))

    def _datagram_socket(self, host: str) -> socket.socket:
        with self._network.inside(host):
            return socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)

    def _rooms_inside(self) -> Rooms:
        self.links.need_open()
        assert self._rooms is not None
        return self._rooms


def _view(program: str, cwd: PurePath, sees: Sequence[str], owns: Sequence[str]) -> View:
    return View(without_repeats((*sees, *libraries_of(program))), without_repeats((str(cwd), *owns)))


def _end_everything(own: Sequence[subprocess.Popen[bytes]]) -> None:
    """Kill every other process of the PID namespace; does so only as its init, where it can hit nothing else."""
    if os.getpid() == 1:
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)
    processes.reap(own)
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, 0)[0]:
            pass
