"""Traces which node replicates from which and which one the Sentinels monitor, traced through the addresses in the nodes' own lines.

Lines may lead elsewhere than they should: a replica that follows no server, another replica or a closed port, a Sentinel that
monitors another node than the rest, or under another name. Servers take such lines and go wrong, so they are kept, and the analysis
says what follows. Only where nothing tells which primary is meant are they refused.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from jsquared.deployment.model.address_book import AddressBook, ResolvedHost, follows_somebody
from jsquared.deployment.model.addresses import is_loopback
from jsquared.deployment.model.directives import Directive
from jsquared.deployment.model.spec import DataNode, HostNames, MisdirectedLine, SentinelNode
from jsquared.deployment.read.assemble import check_monitor
from jsquared.errors import BadInputError
from jsquared.text import counted, listed


@dataclass(frozen=True)
class _Watch:
    """One ``sentinel monitor`` line: ``primary`` is the host at the end of the replication that it leads into."""

    sentinel: SentinelNode
    line: Directive
    leads_to: ResolvedHost
    primary: str

    @property
    def master_name(self) -> str:
        return self.line.arguments[0]


@dataclass
class Topology:
    """The nodes with what their lines mean.

    ``names`` are what hosts are called beside, ``published`` which ports of the machine lead to which of theirs; ``floating`` maps
    addresses that hosts share in turn to those that may have them at the start.
    """

    data: Sequence[DataNode]
    sentinels: Sequence[SentinelNode]
    names: Mapping[str, Collection[str]] = field(default_factory=dict)
    published: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    floating: Mapping[str, Collection[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._check_data()
        self.book = AddressBook(self.data, self.sentinels, self.names, self.published, floating=self.floating)
        self.follows = {node.host: meant for node in self.data if (meant := self._followed(node))}
        self._check_primary()
        self.watches = list(self._watches())

    @property
    def host_names(self) -> HostNames:
        """Return the further names of hosts, as far as it was written or found."""
        return HostNames(self.names, self.published, self.book.inferred)

    def _check_data(self) -> None:
        """Refuse Sentinels without data nodes, which are an installation of which the other half was not given."""
        lines = [line for sentinel in self.sentinels for line in sentinel.all("sentinel monitor")]
        if self.data or not lines:
            return
        for line in lines:
            check_monitor(line)
        where = listed([*dict.fromkeys(":".join(line.arguments[1:3]) for line in lines)])
        what = f"{counted(len(self.sentinels), 'Sentinel')} and no data node: the primary at {where} is not part of the deployment"
        raise lines[0].bad(what, "giving the redis.conf of the data nodes as well")

    def _check_primary(self) -> None:
        """Refuse data nodes that all follow somebody: files for hosts whose roles are set later say not who begins as primary."""
        if not self.data or len(self.follows) < len(self.data):
            return
        line = next(line for node in self.data if (line := node.find("replicaof")))
        itself = all(meant.host == host for host, meant in self.follows.items())
        loopback = f"; {line.arguments[0]} is each host itself" if itself and is_loopback(line.arguments[0]) else ""
        what = f"every data node is a replica: none is left as primary{loopback}"
        raise line.bad(what, "no replicaof on the host that begins as primary, and its address in those of the others")

    def _followed(self, node: DataNode) -> ResolvedHost | None:
        directive = node.find("replicaof")
        if directive is None or not follows_somebody(node):
            return None
        if len(directive.arguments) != 2:
            raise directive.bad("takes an address and a port", "replicaof 10.0.0.1 6379")
        return self.book.meant(directive, 0, node)

    def _watches(self) -> Iterator[_Watch]:
        for sentinel in self.sentinels:
            seen: dict[str, str] = {}
            for monitor in sentinel.all("sentinel monitor"):
                check_monitor(monitor)
                meant = self.book.meant(monitor, 1, sentinel)
                primary = self._primary_of(meant.host)
                if primary is None:
                    followed = self.follows[meant.host].host
                    raise monitor.bad(f"{meant.host} is a replica of {followed}", f"monitoring {followed}")
                watch = _Watch(sentinel, monitor, meant, primary)
                twin = seen.setdefault(primary, watch.master_name)
                if twin != watch.master_name:
                    raise self._monitored_twice(watch, twin)
                yield watch

    @staticmethod
    def _monitored_twice(watch: _Watch, twin: str) -> BadInputError:
        replica, primary = watch.leads_to.host, watch.primary
        if replica == primary:
            return watch.line.bad(f"{primary} is already monitored as {twin}", "one name for each primary")
        what = f"{replica} is a replica of {primary}, which is monitored as {twin}: Sentinel finds replicas by itself"
        return watch.line.bad(what, "removing this line")

    def _primary_of(self, host: str) -> str | None:
        """The host at the end of a chain of replicas; None where they follow each other in a circle.

        One that follows itself, by a loopback address, is an end.
        """
        seen = {host}
        while host in self.follows and self.follows[host].host != host:
            host = self.follows[host].host
            if host in seen:
                return None
            seen.add(host)
        return host

    def primaries(self) -> dict[str, str]:
        """Each monitored name with its primary's host: those that most Sentinels mean, the first of them where as many differ.

        :raises BadInputError: nothing is monitored.
        """
        names = list(dict.fromkeys(watch.master_name for watch in self.watches))
        if self.sentinels and not names:
            raise BadInputError(
                "no Sentinel monitors a primary",
                where=self.sentinels[0].source.place,
                hint="sentinel monitor mymaster <primary> 6379 2",
            )
        votes = {name: Counter(w.primary for w in self.watches if w.master_name == name) for name in names}
        meant = {name: count.most_common(1)[0][0] for name, count in votes.items()}
        return {
            name: host
            for name, host in meant.items()
            if name == max((n for n in names if meant[n] == host), key=lambda n: votes[n].total())
        }

    def linked(self, primaries: Mapping[str, str]) -> list[DataNode]:
        """The data nodes with their primaries; one that belongs to none belongs to the only one that there is.

        :raises BadInputError: several are monitored, and a node belongs to none of them.
        """
        names = {host: master for master, host in primaries.items()}
        only = next(iter(primaries), "") if len(primaries) < 2 else None
        nodes = []
        for node in self.data:
            master = names.get(self._primary_of(node.host) or "", only)
            if master is None:
                raise self._stray(node, list(names))
            follows = self.follows.get(node.host)
            nodes.append(replace(node, replica_of=follows.host if follows else None, master_name=master))
        return nodes

    def _stray(self, node: DataNode, monitored: Sequence[str]) -> BadInputError:
        if node.host not in self.follows:
            what = f"{node.host} is a second primary: it has no replicaof, and the Sentinels monitor {', '.join(monitored)}"
        else:
            followed = self.follows[node.host].host
            what = f"{node.host} replicates from {followed}, which belongs to no monitored primary, so no Sentinel would see it"
        return BadInputError(what, where=node.source.place, hint=f"replicaof {monitored[0]} <port>")

    def astray(self, primaries: Mapping[str, str]) -> tuple[MisdirectedLine, ...]:
        """The lines that lead elsewhere than to their primary. That of a replica of another replica does not: it says what it is."""
        return (*self._astray_replicas(primaries), *self._astray_monitors(primaries), *self._without_monitor(primaries))

    def _astray_replicas(self, primaries: Mapping[str, str]) -> Iterator[MisdirectedLine]:
        for node in self.linked(primaries):
            meant = self.follows.get(node.host)
            if meant and (meant.closed_port or meant.host == node.host):
                yield MisdirectedLine(node.name, node.master_name, meant.host, meant.closed_port)

    def _astray_monitors(self, primaries: Mapping[str, str]) -> Iterator[MisdirectedLine]:
        for watch in self.watches:
            if watch.leads_to != ResolvedHost(primaries.get(watch.master_name, "")):
                meant = watch.leads_to
                yield MisdirectedLine(watch.sentinel.name, watch.master_name, meant.host, meant.closed_port)

    def _without_monitor(self, primaries: Mapping[str, str]) -> Iterator[MisdirectedLine]:
        """Sentinels that lack the only primary; which of several each should monitor is nobody's to guess."""
        for master in primaries if len(primaries) == 1 else ():
            yield from (MisdirectedLine(node.name, master) for node in self.sentinels if node.monitor(master) is None)
