"""The hosts of one trial as network namespaces on one switch, which is the network namespace of the trial itself."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from jsquared.errors import BadInputError, SandboxError
from jsquared.sandbox.link import Endpoint, HostRole, LinkSelector
from jsquared.sandbox.linux import links, syscalls
from jsquared.sandbox.linux.impair import Line, address_pairs
from jsquared.sandbox.linux.netlink import Message, Netlink
from jsquared.sandbox.linux.nftables import Match
from jsquared.sandbox.linux.refusal import explain_network

OBSERVER_ADDRESS = "10.77.0.1"
HOSTS_LIMIT = 250
_PREFIX_BITS = 16
_OTHER_PREFIX_BITS = 17
"""Of a data address that a host got later: the same network to all who live here, and a longer match than the first one's."""
_ALONE_BITS = 32
"""Of the other roles' addresses: with the first one's prefix they would be secondary to it, and go when it goes."""
_ROLE_NUMBERS: dict[HostRole, int] = {"data": 1, "sentinel": 2, "client": 3}
_OTHER_OFFSET = 10


class Network:
    """Numbers and addresses of hosts from the start; namespaces and cables after :meth:`make`."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._namespaces: dict[str, int] = {}
        self._moved: set[tuple[str, HostRole]] = set()

    def address(self, host: str, role: HostRole) -> str:
        """``10.77.<role>.<host>``: hosts are numbered in the order in which they are first named."""
        return self._address(host, role, moved=(host, role) in self._moved)

    def other_address(self, host: str, role: HostRole) -> str:
        """``10.77.<10 + role>.<host>``, or the first one again."""
        return self._address(host, role, moved=(host, role) not in self._moved)

    def _address(self, host: str, role: HostRole, *, moved: bool) -> str:
        return f"10.77.{_ROLE_NUMBERS[role] + _OTHER_OFFSET * moved}.{self._number(host)}"

    def host_of(self) -> dict[str, str]:
        """Every address that a host which was made has or may get, with the host's name."""
        places = [(host, role) for host in self._namespaces for role in _ROLE_NUMBERS]
        return {which(*place): place[0] for place in places for which in (self.address, self.other_address)}

    def make(self, hosts: Sequence[str]) -> None:
        """Make switch, hosts and cables, ready to carry the first packet.

        :raises SandboxError: the kernel refuses; the error names the module or setting.
        """
        netlink = open_netlink(links.NETLINK_ROUTE, "the network")
        try:
            links.without_ipv6()
            links.without_packet_filters()
            self._namespaces = {host: links.new_network() for host in hosts}
            self._plug_in(netlink)
            self._configure(netlink)
        except OSError as error:
            raise explain_network(error, "setting up the hosts' network", "bridge veth") from error
        finally:
            netlink.close()

    def readdress(self, host: str, role: HostRole) -> None:
        """Give a role its other address, let all know where that is, and take the old one away.

        :raises SandboxError: there is no such host, or the kernel refuses.
        """
        old, new = self.address(host, role), self.other_address(host, role)
        place = links.add_neighbour(links.HOST_LINK_INDEX, new, self._number(host))
        change = [
            links.add_address(links.HOST_LINK_INDEX, new, self._prefix_bits(new)),
            links.remove_address(links.HOST_LINK_INDEX, old, self._prefix_bits(old)),
        ]
        try:
            self.tell(host, change)
            for other in self._namespaces:
                self.tell(other, [place])
            with open_netlink(links.NETLINK_ROUTE, "the network") as switch:
                switch.run([place])
        except OSError as error:
            raise explain_network(error, "changing an address", "bridge veth") from error
        self._moved ^= {(host, role)}

    def tell(self, host: str, messages: Sequence[Message]) -> None:
        """Have the kernel change something on a host's network.

        :raises SandboxError: there is no such host.
        :raises OSError: the kernel refuses.
        """
        with self.inside(host):
            end = open_netlink(links.NETLINK_ROUTE, "the network")
        with end:
            end.run(messages)

    @staticmethod
    def _prefix_bits(address: str) -> int:
        """The first data address brings the route to all others, and so does the one that may take its place."""
        role = int(address.split(".")[2])
        return {1: _PREFIX_BITS, 1 + _OTHER_OFFSET: _OTHER_PREFIX_BITS}.get(role, _ALONE_BITS)

    @contextmanager
    def inside(self, host: str) -> Iterator[None]:
        """Sockets and processes that this thread makes within the block belong to the host."""
        namespace = self._namespace(host)
        with syscalls.keeping_network():
            syscalls.setns(namespace, syscalls.CLONE_NEWNET)
            yield

    def entrance(self, host: str) -> Callable[[], None]:
        """Return a function that moves the calling thread to a host permanently.

        :raises SandboxError: there is no such host.
        """
        return partial(syscalls.setns, self._namespace(host), syscalls.CLONE_NEWNET)

    def match(self, link: LinkSelector) -> Match:
        """Return the match of a rule on the switch for a link.

        :raises SandboxError: there is no such host, or the link is within one host: its packets never reach the switch.
        """
        source, destination = link.source, link.destination
        for end in (source, destination):
            self._namespace(end.host)
        if source.host == destination.host:
            raise SandboxError("a link within one host cannot be cut", where=source.host, hint="two different hosts")
        return Match(
            links.port_index(self._number(source.host)),
            links.port_index(self._number(destination.host)),
            self.address(source.host, source.role) if source.role else None,
            self.address(destination.host, destination.role) if destination.role else None,
            link.port,
        )

    def line(self, link: LinkSelector) -> Line:
        """Return the addresses to relay for an impaired link: a whole host is all its addresses.

        :raises SandboxError: as :meth:`match`.
        """
        match = replace(self.match(link), only_ipv4=True)
        return Line(match, address_pairs(self._addresses(link.source), self._addresses(link.destination)))

    @property
    def ports(self) -> dict[int, str]:
        """Number and name of the switch's port to each host."""
        numbers = [self._number(host) for host in self._namespaces]
        return {links.port_index(number): links.port_name(number) for number in numbers}

    def close(self) -> None:
        """Let go of the hosts; the kernel removes each once no process and no socket is left in it."""
        for namespace in self._namespaces.values():
            os.close(namespace)
        self._namespaces.clear()

    def _addresses(self, end: Endpoint) -> list[str]:
        return [self.address(end.host, role) for role in ([end.role] if end.role else _ROLE_NUMBERS)]

    def number(self, host: str) -> int:
        """The number of a host, from which its port and its hardware address follow.

        :raises SandboxError: there is no such host inside.
        """
        self._namespace(host)
        return self._number(host)

    def _number(self, host: str) -> int:
        if host not in self._numbers:
            if len(self._numbers) >= HOSTS_LIMIT:
                raise BadInputError(f"more than {HOSTS_LIMIT} hosts", where=host)
            self._numbers[host] = len(self._numbers) + 1
        return self._numbers[host]

    def _namespace(self, host: str) -> int:
        if host not in self._namespaces:
            raise SandboxError(f"there is no host '{host}' inside", where="namespaces")
        return self._namespaces[host]

    def _plug_in(self, netlink: Netlink) -> None:
        try:
            netlink.run([links.link_up(links.LOOPBACK_INDEX), links.add_switch()])
        except OSError as error:
            raise explain_network(error, "making a network switch", "bridge") from error
        try:
            netlink.run([links.add_cable(self._number(host), fd) for host, fd in self._namespaces.items()])
        except OSError as error:
            raise explain_network(error, "making virtual network cables", "veth") from error

    def _configure(self, netlink: Netlink) -> None:
        """Addresses, and who is where, on every host and the switch; then wait until all interfaces transmit."""
        hosts = {host: [self.address(host, role) for role in _ROLE_NUMBERS] for host in self._namespaces}
        places = [(address, self._number(host)) for host, addresses in hosts.items() for address in addresses]
        known = [links.add_neighbour(links.HOST_LINK_INDEX, *place) for place in [*places, (OBSERVER_ADDRESS, 0)]]
        forwarding = [links.add_forwarding(self._number(host)) for host in hosts]
        netlink.run([links.add_address(links.SWITCH_INDEX, OBSERVER_ADDRESS, _PREFIX_BITS), *known, *forwarding])
        up = [links.link_up(index) for index in (links.LOOPBACK_INDEX, links.HOST_LINK_INDEX)]
        for host, addresses in hosts.items():
            own = [links.add_address(links.HOST_LINK_INDEX, each, self._prefix_bits(each)) for each in addresses]
            with self.inside(host):
                end = open_netlink(links.NETLINK_ROUTE, "the network")
            with end:
                end.run([*up, *own, *known])
                links.wait_up(end, [links.HOST_LINK_INDEX])
        links.wait_up(netlink, [links.SWITCH_INDEX, *(links.port_index(self._number(host)) for host in hosts)])


def open_netlink(protocol: int, modules: str) -> Netlink:
    """A netlink socket in this thread's network namespace.

    :raises SandboxError: the kernel has no such protocol.
    """
    try:
        return Netlink(protocol)
    except OSError as error:
        raise explain_network(error, "talking to the kernel", modules) from error
