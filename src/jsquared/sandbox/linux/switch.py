"""The switch between the hosts of the namespaces sandbox: its links are cut by rules, and impaired by a relay process."""

import itertools
import threading
from collections.abc import Sequence

from jsquared.errors import SandboxError
from jsquared.sandbox.link import Endpoint, Impairment, LinkSelector, Volley
from jsquared.sandbox.linux import nftables
from jsquared.sandbox.linux.datagram import Place, arrives, volley
from jsquared.sandbox.linux.impair import ImpairedLinks, Impairer
from jsquared.sandbox.linux.local_process import LocalProcess
from jsquared.sandbox.linux.netlink import Netlink
from jsquared.sandbox.linux.network import Network, open_netlink
from jsquared.sandbox.linux.refusal import explain_network


class SwitchLinks:
    """Links that are cut by rules on the switch; see :class:`jsquared.sandbox.link.Links`."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._cuts: list[SwitchCut] = []
        self._numbers = itertools.count(1)
        self._rules: Netlink | None = None

    @property
    def are_open(self) -> bool:
        """True from :meth:`open` to :meth:`close`."""
        return self._rules is not None

    def open(self) -> None:
        """Get ready, on the switch.

        :raises SandboxError: the kernel lacks nf_tables.
        """
        self._rules = open_netlink(nftables.NETLINK_NETFILTER, "nf_tables")

    def need_open(self) -> Netlink:
        """Return what rules are made with.

        :raises SandboxError: there is no switch.
        """
        if self._rules is None:
            raise SandboxError("not entered yet, or closed already", where="namespaces")
        return self._rules

    def cut(self, links: Sequence[LinkSelector]) -> "SwitchCut":
        """Cut links in one step.

        :raises SandboxError: a link is within one host (that traffic never reaches the switch), or the kernel lacks nf_tables.
        """
        rules = self.need_open()
        matches = [self._network.match(link) for link in links]
        table = f"cut{next(self._numbers)}"
        try:
            nftables.install(rules, table, matches)
        except OSError as error:
            raise explain_network(error, "cutting links", "nf_tables") from error
        self._cuts.append(SwitchCut(rules, table))
        return self._cuts[-1]

    def probe(self, source: Endpoint, destination: Endpoint, *, port: int | None = None) -> bool:
        """True if a datagram arrives now; an endpoint without a role speaks from its data address."""
        self.need_open()
        return arrives(place_of(self._network, source), place_of(self._network, destination), port)

    def close(self) -> None:
        """Restore all links, and let go of the rules."""
        for cut in self._cuts:
            cut.restore()
        if self._rules is not None:
            self._rules.close()
            self._rules = None


class SwitchImpairments:
    """Links that are impaired by a relay process; see :mod:`jsquared.sandbox.linux.impair`."""

    def __init__(self, network: Network, links: SwitchLinks) -> None:
        self._network = network
        self._links = links
        self._impairer: Impairer | None = None

    @property
    def relay(self) -> LocalProcess | None:
        """The relay, once there is any impairment."""
        return None if self._impairer is None else self._impairer.process

    def impair(self, links: Sequence[LinkSelector], impairment: Impairment) -> ImpairedLinks:
        """Impair links.

        :raises SandboxError: a link is within one host, or the kernel lacks packet sockets.
        """
        rules = self._links.need_open()
        lines = [self._network.line(link) for link in links]
        self._impairer = self._impairer or Impairer(rules, self._network.ports)
        return self._impairer.impair(lines, impairment)

    def volley(
        self,
        source: Endpoint,
        destination: Endpoint,
        *,
        count: int,
        size: int = 64,
        spacing_ms: float = 0,
        wait_ms: float = 100,
        port: int | None = None,
    ) -> Volley:
        """Send datagrams and see what arrives."""
        self._links.need_open()
        ends = place_of(self._network, source), place_of(self._network, destination)
        return volley(*ends, count=count, size=size, spacing_s=spacing_ms / 1000, wait_s=wait_ms / 1000, port=port)

    def close(self) -> None:
        """End the relay."""
        if self._impairer is not None:
            self._impairer.close()


def place_of(network: Network, endpoint: Endpoint) -> tuple[Place, str]:
    """The network of a host, to enter, and the address of a role on it."""
    return lambda: network.inside(endpoint.host), network.address(endpoint.host, endpoint.role or "data")


class SwitchCut:
    """Links cut by one table of rules; usable from any thread."""

    def __init__(self, rules: Netlink, table: str) -> None:
        self._rules = rules
        self._table = table
        self._final: int | None = None
        self._lock = threading.Lock()

    def dropped(self) -> int:
        """Packets the switch has dropped for this cut; after :meth:`restore`, the last count."""
        with self._lock:
            return self._count()

    def restore(self) -> None:
        """Remove the rules, all in one step."""
        with self._lock:
            if self._final is None:
                final = self._count()
                nftables.remove(self._rules, self._table)
                self._final = final

    def _count(self) -> int:
        return nftables.packets(self._rules, self._table) if self._final is None else self._final
