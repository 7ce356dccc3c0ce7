"""A deployment as the folder of native files that users already have: ``FOLDER/<host>/redis.conf`` and ``FOLDER/<host>/sentinel.conf``.

``valkey.conf`` is read like ``redis.conf``. Which host an address in these files means is found in :mod:`jsquared.topology.address_book`.
"""

import re
from pathlib import Path

from jsquared.errors import BadInputError
from jsquared.topology.assemble import assemble, check_unique_hosts
from jsquared.topology.directives import Source
from jsquared.topology.native import NativeReader
from jsquared.topology.spec import ClientPolicy, DataNode, Deployment, SentinelNode
from jsquared.topology.tracing import Topology

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
        astray=topology.astray(primaries),
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
