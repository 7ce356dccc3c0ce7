"""A deployment as the folder of native files that users already have: ``FOLDER/<host>/redis.conf`` and ``FOLDER/<host>/sentinel.conf``.

``valkey.conf`` is read like ``redis.conf``. Which host an address in these files means is found in
:mod:`jsquared.deployment.model.address_book`.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from jsquared.deployment.model.directives import Source
from jsquared.deployment.model.input_files import readable
from jsquared.deployment.model.reach import Reach
from jsquared.deployment.model.spec import ClientPolicy, DataNode, Deployment, SentinelNode
from jsquared.deployment.read.assemble import assemble, check_unique_hosts
from jsquared.deployment.read.floating import Wish, possible, settled
from jsquared.deployment.read.native.conf_files import NativeReader
from jsquared.deployment.read.tracing import Topology
from jsquared.errors import BadInputError

DATA_FILES = ("redis.conf", "valkey.conf")
SENTINEL_FILE = "sentinel.conf"
MOST_HOSTS = 64


def read_folder(folder: Path, reach: Reach | None = None, floating: Sequence[Wish] = ()) -> Deployment:
    """The deployment of a folder; its name is the folder's.

    :param reach: what may be read; the folder alone where nothing is said.
    :param floating: the addresses that its hosts share in turn, of which no such file says anything.
    :raises BadInputError: one line with the file, the line in it and a suggestion.
    """
    hosts = _hosts_in(folder)
    reader = NativeReader(folder, reach or Reach.of(folder))
    data = [_data_node(reader, path) for host in hosts if (path := _data_file(folder / host))]
    sentinels = [
        SentinelNode(host, reader.read(path), reader.source(path))
        for host in hosts
        if (path := folder / host / SENTINEL_FILE).exists()
    ]
    topology = Topology(data, sentinels, floating=possible(floating, data))
    primaries = topology.primaries()
    linked = topology.linked(primaries)
    return assemble(
        name=folder.resolve().name,
        description=f"{len(data)} data nodes and {len(sentinels)} Sentinels from native files.",
        where=Source(readable(folder.name), str(folder)),
        data=linked,
        sentinels=sentinels,
        astray=topology.astray(primaries),
        host_names=topology.host_names,
        floating=settled(floating, linked, primaries),
        primaries=primaries,
        client_policy=ClientPolicy(),
        input_files=reader.texts,
        folders=(folder,),
        reach=reader.reach,
        not_reproduced=tuple(dict.fromkeys(reader.notes)),
    )


def _hosts_in(folder: Path) -> list[str]:
    try:
        entries = [entry.name for entry in folder.iterdir() if entry.is_dir()]
        hosts = [name for name in entries if _data_file(folder / name) or (folder / name / SENTINEL_FILE).exists()]
    except OSError as problem:
        raise BadInputError(
            f"unreadable: {problem.strerror}",
            where=readable(str(problem.filename or folder)),
            hint="a folder you may read",
        ) from problem
    if not hosts:
        alone = any((folder / name).exists() for name in (*DATA_FILES, SENTINEL_FILE))
        raise BadInputError(
            "one folder per host is needed" if alone else "no host's folder with a redis.conf or sentinel.conf in it",
            where=readable(str(folder)),
            hint="FOLDER/<host>/redis.conf and FOLDER/<host>/sentinel.conf",
        )
    if len(hosts) > MOST_HOSTS:
        raise BadInputError(
            f"{len(hosts)} folders of hosts are too many", where=readable(str(folder)), hint=f"at most {MOST_HOSTS}"
        )
    check_unique_hosts(hosts, readable(str(folder)))
    return sorted(hosts, key=_natural)


def _natural(name: str) -> list[tuple[int, str]]:
    """``n2`` before ``n10``."""
    return [(int(part) if part.isdecimal() else -1, part) for part in re.split(r"(\d+)", name)]


def _data_file(host_folder: Path) -> Path | None:
    found = [host_folder / name for name in DATA_FILES if (host_folder / name).exists()]
    if len(found) > 1:
        raise BadInputError(
            "redis.conf and valkey.conf on one host", where=readable(str(host_folder)), hint="removing one"
        )
    return found[0] if found else None


def _data_node(reader: NativeReader, path: Path) -> DataNode:
    return DataNode(path.parent.name, reader.read(path), reader.source(path), None, "")
