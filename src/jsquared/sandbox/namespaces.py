"""The default sandbox: one trial in Linux namespaces of its own, without root and without a daemon.

:meth:`NamespacesSandbox.enter` moves the trial into new user (only where needed), network, mount and PID namespaces and goes on as
init of the last. Its network namespace is the switch, with an address that observes every host; each host is a network namespace
on a cable to it. Data lies in a memory filesystem that only the trial sees. When init dies, however it dies, the kernel ends every
process inside, and with them go networks, rules and mounts: nothing is left to clean up.

One thing to know: fsync on a memory filesystem is free, so disk latency is not part of what is measured here.
"""

import contextlib
import itertools
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from jsquared.errors import BadInputError, SandboxError
from jsquared.sandbox import links, nftables, processes, syscalls
from jsquared.sandbox.datagram import arrives
from jsquared.sandbox.netlink import Netlink
from jsquared.sandbox.refusal import explain_namespaces, explain_network
from jsquared.sandbox.sandbox import Capability, Endpoint, HostRole, LinkCut
from jsquared.sandbox.supervise import continue_in_child

OBSERVER_ADDRESS = "10.77.0.1"
HOSTS_LIMIT = 250
_PREFIX_BITS = 16
_ROLE_NUMBERS: dict[HostRole, int] = {"data": 1, "sentinel": 2, "client": 3}
_DATA_FOLDERS = ("/mnt", "/media", "/srv", "/opt", "/var/tmp", "/home", "/var/lib", "/usr/share", "/tmp")  # noqa: S108
_PRIVILEGES = 1 << 12 | 1 << 21  # CAP_NET_ADMIN, CAP_SYS_ADMIN


class NamespacesSandbox:
    """Hosts as network namespaces on one switch; every link can be cut.

    ``keep`` are folders that the trial needs to see: the place for data is chosen so that it hides none of them. ``parent`` is
    the process whose death must end the trial, by default this process' parent at construction.
    """

    name = "namespaces"
    capabilities = frozenset({Capability.PROCESS, Capability.LINKS})

    def __init__(self, keep: Sequence[Path] = (), *, parent: int | None = None) -> None:
        self._parent = os.getppid() if parent is None else parent
        self._data = data_folder(keep)
        self._numbers: dict[str, int] = {}
        self._networks: dict[str, int] = {}
        self._processes: list[subprocess.Popen[bytes]] = []
        self._cut_numbers = itertools.count(1)
        self._rules: Netlink | None = None

    def enter(self, hosts: Sequence[str]) -> None:
        """Make the hosts and go on inside as process 1; see :meth:`jsquared.sandbox.sandbox.Sandbox.enter`.

        From then on SIGINT, SIGTERM and SIGHUP raise KeyboardInterrupt. The process left behind forwards them, ends with the
        trial's exit code and dies with its own parent. Extra threads (numerical libraries start some) cost one more fork.
        """
        for host in hosts:
            self._number(host)
        self._move()
        try:
            self._mount(hosts)
        except OSError as error:
            raise explain_namespaces(error) from error
        self._connect(hosts)
        self._rules = self._netlink(nftables.NETLINK_NETFILTER, "nf_tables")

    def address(self, host: str, role: HostRole) -> str:
        """``10.77.<role>.<host>``: hosts are numbered in the order in which they are first named."""
        return f"10.77.{_ROLE_NUMBERS[role]}.{self._number(host)}"

    def directory(self, host: str) -> Path:
        """The host's folder on the trial's memory filesystem."""
        return self._data / host

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
        """Start a process on a host; see :meth:`jsquared.sandbox.sandbox.Sandbox.spawn`."""
        with self.inside(host):
            process = processes.start(argv, cwd=cwd, log=log, environment=environment, pipes=pipes)
        self._processes.append(process)
        return process

    @contextmanager
    def inside(self, host: str) -> Iterator[None]:
        """Sockets and processes that this thread makes within the block belong to the host."""
        network = self._network(host)
        with syscalls.keeping_network():
            syscalls.setns(network, syscalls.CLONE_NEWNET)
            yield

    def cut(self, links: Sequence[LinkCut]) -> "NamespacesCut":
        """Cut links in one step, by rules on the switch.

        :raises SandboxError: a link is within one host (that traffic never reaches the switch), or the kernel lacks nf_tables.
        """
        table = f"cut{next(self._cut_numbers)}"
        rules = self._entered()
        matches = [self._match(link) for link in links]
        try:
            nftables.install(rules, table, matches)
        except OSError as error:
            raise explain_network(error, "cutting links", "nf_tables") from error
        return NamespacesCut(rules, table)

    def probe(self, source: Endpoint, destination: Endpoint, *, port: int | None = None) -> bool:
        """Whether a datagram arrives now; an endpoint without a role speaks from its data address."""
        self._entered()
        return arrives(self._place(source), self._place(destination), port)

    def close(self) -> None:
        """End every process inside and let go of networks, rules and data."""
        if self._rules is None:
            return
        self._rules.close()
        self._rules = None
        _end_everything(self._processes)
        for network in self._networks.values():
            os.close(network)
        self._networks.clear()
        syscalls.detach(str(self._data))

    def _number(self, host: str) -> int:
        if host not in self._numbers:
            if len(self._numbers) >= HOSTS_LIMIT:
                raise BadInputError(f"more than {HOSTS_LIMIT} hosts", where=host)
            self._numbers[host] = len(self._numbers) + 1
        return self._numbers[host]

    def _network(self, host: str) -> int:
        if host not in self._networks:
            raise SandboxError(f"there is no host '{host}' inside", where=self.name)
        return self._networks[host]

    def _entered(self) -> Netlink:
        if self._rules is None:
            raise SandboxError("not entered yet, or closed already", where=self.name)
        return self._rules

    def _place(self, endpoint: Endpoint) -> tuple[Callable[[], contextlib.AbstractContextManager[None]], str]:
        return lambda: self.inside(endpoint.host), self.address(endpoint.host, endpoint.role or "data")

    def _match(self, link: LinkCut) -> nftables.Match:
        source, destination = link.source, link.destination
        for end in (source, destination):
            self._network(end.host)
        if source.host == destination.host:
            raise SandboxError("a link within one host cannot be cut", where=source.host, try_="two different hosts")
        return nftables.Match(
            links.port_index(self._number(source.host)),
            links.port_index(self._number(destination.host)),
            self.address(source.host, source.role) if source.role else None,
            self.address(destination.host, destination.role) if destination.role else None,
            link.port,
        )

    def _move(self) -> None:
        """Into the namespaces, as init: fork when other threads exist, unshare, fork."""

        def parent_lives() -> bool:
            return os.getppid() == self._parent

        syscalls.die_with_parent(parent_lives)
        lives = parent_lives
        if len(os.listdir("/proc/self/task")) > 1:  # noqa: PTH208  # names only, in the one place where speed matters
            lives = continue_in_child()
            syscalls.die_with_parent(lives)
        try:
            _unshare()
        except OSError as error:
            raise explain_namespaces(error) from error
        syscalls.die_with_parent(lives)
        syscalls.die_with_parent(continue_in_child())

    def _mount(self, hosts: Sequence[str]) -> None:
        quiet = syscalls.MS_NOSUID | syscalls.MS_NODEV
        syscalls.mount("none", "/", None, syscalls.MS_REC | syscalls.MS_PRIVATE)
        syscalls.mount("proc", "/proc", "proc", quiet | syscalls.MS_NOEXEC)
        syscalls.mount("jsquared", str(self._data), "tmpfs", quiet, "mode=0700")
        for host in hosts:
            self.directory(host).mkdir()

    def _connect(self, hosts: Sequence[str]) -> None:
        """The switch, and every host on its cable, ready to carry the first packet."""
        links.without_ipv6()
        self._networks = {host: links.new_network() for host in hosts}
        netlink = self._netlink(links.NETLINK_ROUTE, "the network")
        cables = [links.add_cable(self._number(host), self._networks[host]) for host in hosts]
        try:
            netlink.run([links.link_up(links.LOOPBACK_INDEX), links.add_switch()])
        except OSError as error:
            raise explain_network(error, "making a network switch", "bridge") from error
        try:
            netlink.run(cables)
        except OSError as error:
            raise explain_network(error, "making virtual network cables", "veth") from error
        ports = [links.port_index(self._number(host)) for host in hosts]
        self._settle(netlink, hosts, [*ports, links.SWITCH_INDEX])

    def _settle(self, netlink: Netlink, hosts: Sequence[str], indexes: Iterable[int]) -> None:
        """Addresses, and who is where, on every host and the switch; then wait until all interfaces transmit."""
        places = [(self.address(host, role), self._number(host)) for host in hosts for role in _ROLE_NUMBERS]
        places.append((OBSERVER_ADDRESS, 0))
        known = [links.add_neighbour(links.HOST_LINK_INDEX, address, number) for address, number in places]
        ends: list[Netlink] = []
        try:
            forwarding = [links.add_forwarding(self._number(host)) for host in hosts]
            netlink.run([links.add_address(links.SWITCH_INDEX, OBSERVER_ADDRESS, _PREFIX_BITS), *known, *forwarding])
            for host in hosts:
                addresses = [self.address(host, role) for role in _ROLE_NUMBERS]
                own = [links.add_address(links.HOST_LINK_INDEX, address, _PREFIX_BITS) for address in addresses]
                with self.inside(host):
                    ends.append(Netlink(links.NETLINK_ROUTE))
                ends[-1].run([*map(links.link_up, (links.LOOPBACK_INDEX, links.HOST_LINK_INDEX)), *own, *known])
            for end in ends:
                links.wait_up(end, [links.HOST_LINK_INDEX])
            links.wait_up(netlink, indexes)
        except OSError as error:
            raise explain_network(error, "setting up the hosts' addresses", "bridge veth") from error
        finally:
            for end in (*ends, netlink):
                end.close()

    def _netlink(self, protocol: int, needs: str) -> Netlink:
        try:
            return Netlink(protocol)
        except OSError as error:
            raise explain_network(error, "talking to the kernel", needs) from error


class NamespacesCut:
    """Links cut by one table of rules."""

    def __init__(self, rules: Netlink, table: str) -> None:
        self._rules = rules
        self._table = table
        self._final: int | None = None
        self._lock = threading.Lock()

    def dropped(self) -> int:
        """Packets the switch has dropped for this cut; after :meth:`restore`, the last count."""
        with self._lock:
            return nftables.packets(self._rules, self._table) if self._final is None else self._final

    def restore(self) -> None:
        """Remove the rules, all in one step."""
        with self._lock:
            if self._final is None:
                final = nftables.packets(self._rules, self._table)
                nftables.remove(self._rules, self._table)
                self._final = final


def data_folder(keep: Sequence[Path], candidates: Sequence[str] = _DATA_FOLDERS) -> Path:
    """An existing folder to put the trial's data on that hides nothing the trial needs, nor any of ``keep``.

    :raises SandboxError: every candidate would.
    """
    system = (sys.prefix, sys.base_prefix, sys.executable, tempfile.gettempdir(), *filter(None, sys.path))
    needed = {form for path in (Path.cwd(), *keep, *map(Path, system)) for form in (path.absolute(), path.resolve())}
    for candidate in map(Path, candidates):
        if (
            candidate.is_dir()
            and candidate == candidate.resolve()
            and not any(p.is_relative_to(candidate) for p in needed)
        ):
            return candidate
    raise SandboxError(
        "no folder is free to hold the trial's data: each hides something that is needed",
        where="namespaces",
        try_="make an empty /mnt",
    )


def _unshare() -> None:
    """New namespaces for this process' children, with a user namespace unless this is root with root's powers."""
    uid, gid = os.geteuid(), os.getegid()
    flags = syscalls.CLONE_NEWNET | syscalls.CLONE_NEWNS | syscalls.CLONE_NEWPID
    if uid == 0 and _capabilities() & _PRIVILEGES == _PRIVILEGES:
        syscalls.unshare(flags)
        return
    syscalls.unshare(flags | syscalls.CLONE_NEWUSER)
    for name, value in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
        Path(f"/proc/self/{name}").write_text(value)


def _capabilities() -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("CapEff:")[2].split(maxsplit=1)[0], 16)


def _end_everything(own: Sequence[subprocess.Popen[bytes]]) -> None:
    """Kill every other process of the PID namespace; does so only as its init, where it can hit nothing else."""
    if os.getpid() == 1:
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)
    processes.reap(own)
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, 0)[0]:
            pass
