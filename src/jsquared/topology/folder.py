"""A deployment as the folder of native files that users already have: ``FOLDER/<host>/redis.conf`` and ``FOLDER/<host>/sentinel.conf``.

``valkey.conf`` is read like ``redis.conf``. Which host an address in these files means is found in :mod:`jsquared.topology.address_book`.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from jsquared.errors import BadInputError
from jsquared.topology.address_book import AddressBook
from jsquared.topology.assemble import assemble, check_monitor, check_unique_hosts
from jsquared.topology.directives import Directive, Source
from jsquared.topology.native import NativeReader
from jsquared.topology.spec import ClientPolicy, DataNode, Deployment, SentinelNode

DATA_FILES = ("redis.conf", "valkey.conf")
SENTINEL_FILE = "sentinel.conf"


def read_folder(folder: Path) -> Deployment:
    """The deployment of a folder; its name is the folder's.

    :raises BadInputError: one line with the file, the line in it and a suggestion.
    """
    hosts = _hosts_in(folder)
    reader = NativeReader(folder)
    data = [_data_node(reader, path) for host in hosts if (path := _data_file(folder / host))]
    sentinels = [
        SentinelNode(host, reader.read(path), _source(folder, path))
        for host in hosts
        if (path := folder / host / SENTINEL_FILE).exists()
    ]
    topology = Topology(data, sentinels)
    primaries = topology.primaries()
    return assemble(
        name=folder.resolve().name,
        description=f"{len(data)} data nodes and {len(sentinels)} Sentinels from native files.",
        where=Source(folder.name, str(folder)),
        data=topology.linked(primaries),
        sentinels=sentinels,
        primaries=primaries,
        client_policy=ClientPolicy(),
        input_files=reader.texts,
        folders=(folder,),
    )


def _hosts_in(folder: Path) -> list[str]:
    try:
        entries = [entry.name for entry in folder.iterdir() if entry.is_dir()]
        hosts = [name for name in entries if _data_file(folder / name) or (folder / name / SENTINEL_FILE).exists()]
    except OSError as problem:
        raise BadInputError(
            f"unreadable: {problem.strerror}", where=str(problem.filename or folder), try_="a folder you may read"
        ) from problem
    if not hosts:
        alone = any((folder / name).exists() for name in (*DATA_FILES, SENTINEL_FILE))
        raise BadInputError(
            "one folder a host is needed" if alone else "no host's folder with a redis.conf or sentinel.conf in it",
            where=str(folder),
            try_="FOLDER/<host>/redis.conf and FOLDER/<host>/sentinel.conf",
        )
    check_unique_hosts(hosts, str(folder))
    return sorted(hosts, key=_natural)


def _natural(name: str) -> list[tuple[int, str]]:
    """``n2`` before ``n10``."""
    return [(int(part) if part.isdecimal() else -1, part) for part in re.split(r"(\d+)", name)]


def _data_file(host_folder: Path) -> Path | None:
    found = [host_folder / name for name in DATA_FILES if (host_folder / name).exists()]
    if len(found) > 1:
        raise BadInputError("redis.conf and valkey.conf on one host", where=str(host_folder), try_="removing one")
    return found[0] if found else None


def _source(folder: Path, path: Path) -> Source:
    return Source(path.relative_to(folder).as_posix(), str(path))


def _data_node(reader: NativeReader, path: Path) -> DataNode:
    return DataNode(path.parent.name, reader.read(path), _source(reader.root, path), None, "")


@dataclass
class Topology:
    """Who replicates from whom and who is monitored, read from the nodes' own lines.

    ``names`` are what hosts are called beside, ``published`` which ports of the machine lead to which of theirs.
    """

    data: Sequence[DataNode]
    sentinels: Sequence[SentinelNode]
    names: Mapping[str, Collection[str]] = field(default_factory=dict)
    published: Mapping[str, Mapping[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.book = AddressBook(self.data, self.sentinels, self.names, self.published)
        self.upstream = {node.host: host for node in self.data if (host := self._upstream(node))}

    def _upstream(self, node: DataNode) -> str | None:
        directive = node.find("replicaof")
        if directive is None or [word.lower() for word in directive.arguments] == ["no", "one"]:
            return None
        if len(directive.arguments) != 2:
            raise directive.bad("takes an address and a port", "replicaof 10.0.0.1 6379")
        return self.book.host_of(directive, 0, node)

    def primaries(self) -> dict[str, str]:
        """Each monitored name with its primary's host: all Sentinels must mean the same one."""
        found: dict[str, str] = {}
        for sentinel in self.sentinels:
            for monitor in sentinel.all("sentinel monitor"):
                check_monitor(monitor)
                self._add(found, monitor, self.book.host_of(monitor, 1, sentinel))
        if self.sentinels and not found:
            raise BadInputError(
                "no Sentinel monitors anything",
                where=self.sentinels[0].source.path,
                try_="sentinel monitor mymaster <primary> 6379 2",
            )
        return found

    def _add(self, found: dict[str, str], monitor: Directive, host: str) -> None:
        master = monitor.arguments[0]
        if found.setdefault(master, host) != host:
            raise monitor.bad(f"{master} is {host} here and {found[master]} for other Sentinels", "one address for all")
        if host in self.upstream:
            raise monitor.bad(f"{host} is a replica of {self.upstream[host]}", f"monitoring {self.upstream[host]}")
        twin = next((name for name, other in found.items() if other == host and name != master), "")
        if twin:
            raise monitor.bad(f"{host} is monitored as {twin} already", "one name for each primary")

    def linked(self, primaries: dict[str, str]) -> list[DataNode]:
        """The data nodes with their primaries."""
        names = {host: master for master, host in primaries.items()}
        nodes = []
        for node in self.data:
            primary = self.upstream.get(node.host, node.host)
            if primaries and primary not in names:
                raise self._stray(node, primary, list(names))
            nodes.append(replace(node, replica_of=self.upstream.get(node.host), master_name=names.get(primary, "")))
        return nodes

    def _stray(self, node: DataNode, primary: str, monitored: Sequence[str]) -> BadInputError:
        if primary == node.host:
            what = f"{node.host} is a second primary: it has no replicaof, and the Sentinels monitor {', '.join(monitored)}"
        else:
            what = f"{node.host} replicates from {primary}, which is no monitored primary, so no Sentinel would see it"
        return BadInputError(what, where=node.source.path, try_=f"replicaof {monitored[0]} <port>")
