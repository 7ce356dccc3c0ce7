"""A deployment as a folder of the native files that users already have, as they have them.

The layout that needs no explanation is ``FOLDER/<host>/redis.conf`` and ``FOLDER/<host>/sentinel.conf``. For all others, ``candidates.py``
finds the files of servers and their kinds, ``hosts.py`` their hosts, and ``mapping.py`` reads what the user says of both. Which host an
address in these files means is found in :mod:`jsquared.deployment.model.address_book`.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from jsquared.deployment.model.directives import Source
from jsquared.deployment.model.input_files import LONGEST_PLACE, readable
from jsquared.deployment.model.reach import Reach
from jsquared.deployment.model.spec import ClientPolicy, DataNode, Deployment, SentinelNode
from jsquared.deployment.read.assemble import assemble, check_unique_hosts
from jsquared.deployment.read.floating import Wish, possible, settled
from jsquared.deployment.read.native.candidates import Finder
from jsquared.deployment.read.native.conf_files import NativeReader
from jsquared.deployment.read.native.hosts import ServerFile, on_their_hosts, seen
from jsquared.deployment.read.native.mapping import Mapping, read_mapping
from jsquared.deployment.read.tracing import Topology
from jsquared.errors import BadInputError
from jsquared.text import counted, listed, whole_number

MOST_SEEN = 6
LAYOUTS = "FOLDER/<host>/redis.conf and FOLDER/<host>/sentinel.conf, or redis-1.conf and sentinel-1.conf"


def read_folder(
    folder: Path,
    reach: Reach | None = None,
    floating: Sequence[Wish] = (),
    assignments: Sequence[str] = (),
    name: str = "",
) -> Deployment:
    """The deployment of a folder; its name is the folder's.

    :param reach: what may be read; the folder alone where nothing is said.
    :param floating: the addresses that its hosts share in turn, of which no such file says anything.
    :param assignments: hosts of files, ``FILE=NAME`` each.
    :param name: a better name than the folder's.
    :raises BadInputError: one line with the file, the line in it and a suggestion.
    """
    reach = reach or Reach.of(folder)
    mapping = read_mapping(folder, reach, assignments)
    finder = Finder(folder, reach)
    reader = NativeReader(folder, reach)
    where = readable(reach.shown(folder), LONGEST_PLACE)
    files = sorted(on_their_hosts(_servers(finder, reader, mapping, where), mapping, where), key=_order)
    check_unique_hosts(list(dict.fromkeys(file.host for file in files)), where)
    _check_not_alone(files, where)
    data = [replace(file.node, host=file.host) for file in files if isinstance(file.node, DataNode)]
    sentinels = [replace(file.node, host=file.host) for file in files if isinstance(file.node, SentinelNode)]
    if data and not sentinels:
        hint = f"a sentinel.conf in the folders of three hosts (found: {seen(files)})"
        raise BadInputError("no Sentinels", where=where, hint=hint)
    topology = Topology(data, sentinels, _names(files, mapping), mapping.published, possible(floating, data))
    primaries = topology.primaries()
    linked = topology.linked(primaries)
    return assemble(
        name=name or folder.resolve().name,
        description=f"{len(data)} data nodes and {len(sentinels)} Sentinels from native files.",
        where=Source(readable(folder.name), str(folder), where),
        data=linked,
        sentinels=sentinels,
        astray=topology.astray(primaries),
        host_names=topology.host_names,
        floating=settled(floating, linked, primaries),
        primaries=primaries,
        client_policy=ClientPolicy(),
        input_files=reader.texts,
        folders=(folder,),
        reach=reach,
        not_reproduced=tuple(dict.fromkeys([*reader.notes, *_passed_over(finder)])),
    )


def _servers(finder: Finder, reader: NativeReader, mapping: Mapping, where: str) -> list[ServerFile]:
    """The files of all servers, read."""
    found = {candidate.name: (candidate, is_sentinel) for candidate, is_sentinel in finder.servers()}
    for name, hosts in mapping.hosts.items():
        path = finder.root / name
        if hosts and name not in found and not finder.reach.is_folder(path):
            found[name] = finder.look_at(path)
    used = {name: one for name, one in found.items() if mapping.hosts_of(name) != []}
    if not used:
        raise _nothing_found(finder, where)
    files = []
    for name, (candidate, is_sentinel) in used.items():
        directives, source = reader.read(candidate.path), reader.source(candidate.path)
        if mapping.sentinels.get(name, is_sentinel):
            files.append(ServerFile(name, SentinelNode("", directives, source)))
        else:
            files.append(ServerFile(name, DataNode("", directives, source, None, "")))
    return files


def _nothing_found(finder: Finder, where: str) -> BadInputError:
    others = [readable(name) for name in sorted(finder.seen)]
    more = [f"{len(others) - MOST_SEEN} more"] if len(others) > MOST_SEEN else []
    what = f"there is {listed([*others[:MOST_SEEN], *more])}" if others else "the folder has no files"
    yaml = next((name for name in others if name.endswith((".yaml", ".yml"))), "")
    hint = f"--deployment {where.rstrip('/')}/{yaml}, or {LAYOUTS}" if yaml else LAYOUTS
    return BadInputError(f"no file of a data node or a Sentinel: {what}", where=where, hint=hint)


def _check_not_alone(files: Sequence[ServerFile], where: str) -> None:
    """Refuse one host of an installation: a Sentinel alone that needs the votes of others."""
    hosts = {file.host for file in files}
    monitors = [line for file in files for line in file.node.all("sentinel monitor") if len(line.arguments) == 4]
    quorum = max((whole_number(line.arguments[3]) or 0 for line in monitors), default=0)
    if len(hosts) > 1 or quorum < 2:
        return
    known = [line.arguments[1:3] for file in files for line in file.node.all("sentinel known-sentinel")]
    others = listed([*dict.fromkeys(readable(":".join(address)) for address in known)][:MOST_SEEN])
    what = f"one host of a deployment whose quorum is {quorum}: where are the others?"
    met = f" {seen(files)}; its Sentinel knows {others}" if others else f" Found: {seen(files)}"
    hint = f"a folder with the files of every host, {LAYOUTS}"
    raise BadInputError(what + met, where=where, hint=hint)


def _names(files: Iterable[ServerFile], mapping: Mapping) -> dict[str, set[str]]:
    """What hosts are called beside their own names."""
    names: dict[str, set[str]] = {}
    for file in files:
        called = file.called | mapping.called.get(file.host, set())
        if called - {file.host.lower()}:
            names.setdefault(file.host, set()).update(called)
    return names


def _passed_over(finder: Finder) -> list[str]:
    if not finder.passed_over:
        return []
    shown = [readable(name) for name in finder.passed_over[:MOST_SEEN]]
    more = f" and {counted(len(finder.passed_over) - MOST_SEEN, 'more')}" if len(finder.passed_over) > MOST_SEEN else ""
    return [f"Copies of configurations that are not read: {', '.join(shown)}{more}."]


def _order(file: ServerFile) -> tuple[list[tuple[int, str]], str]:
    """By host, ``n2`` before ``n10``."""
    return [
        (int(part) if part.isdecimal() and len(part) < 19 else -1, part) for part in re.split(r"(\d+)", file.host)
    ], file.name
