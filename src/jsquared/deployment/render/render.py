"""From a deployment to the files that its servers are started with here, and the list of every line that had to differ.

What becomes of the user's lines is in :mod:`jsquared.deployment.render.rewriting`. Sentinels whose files know no other are pre-seeded with
each other and the replicas, so that they need not find them by hello messages, which takes about 2 s.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from os import PathLike

from jsquared.deployment.model.directives import join_words
from jsquared.deployment.model.host_names import names_in
from jsquared.deployment.model.spec import DataNode, Deployment, MonitoredPrimary, Node, SentinelNode
from jsquared.deployment.model.whereabouts import Whereabouts
from jsquared.deployment.render.copies import copied_files
from jsquared.deployment.render.logins import Access, access_for, copied_acl_files
from jsquared.deployment.render.not_reproduced import not_reproduced, unreproduced_lines
from jsquared.deployment.render.own_password import stays_open, with_password
from jsquared.deployment.render.renames import names_at
from jsquared.deployment.render.rendering_context import Addresses, Place, Words, free_ports
from jsquared.deployment.render.rewriting import OTHER_PORT, SEEDED, rewritten
from jsquared.deployment.render.tls_files import (
    files_for_clients,
    made_certificates,
    material_for,
    missing_certificates,
    not_proven,
)
from jsquared.records.placement import CopiedFile, PlacedNode, TlsFiles
from jsquared.records.plan import Engine, Rewrite

_SPEAKS = "each role uses its own source address, so that its links can be cut separately"


@dataclass(frozen=True)
class Rendered:
    """Node names to the text of their files, the nodes with their addresses, and every line that differs from the input.

    ``copied_files`` are the user's own files that servers need, and what their copies in the nodes' folders are called.
    """

    files: dict[str, str]
    rewrites: tuple[Rewrite, ...]
    nodes: tuple[PlacedNode, ...]
    copied_files: tuple[CopiedFile, ...] = ()
    made_files: dict[str, str] = field(default_factory=dict)
    """Files that JSquared made for nodes, ``<node>.<name>`` to text; each belongs in the node's own folder."""
    tls: TlsFiles | None = None
    """What to trust and show where a port speaks TLS; None where none does that has to be used."""
    authority: tuple[str, str] | None = None
    """Certificate and key of the throw-away authority; None where no certificates were made."""
    not_reproduced: tuple[str, ...] = ()
    """What of the deployment cannot be had here, one sentence each."""
    unreproduced_lines: tuple[str, ...] = ()
    """The lines among that on which the outcome of a trial may hang."""


def render(
    deployment: Deployment,
    addresses: Addresses,
    directory: Callable[[str], PathLike[str]],
    engine: Engine,
    seed: int,
    *,
    names_served: bool = False,
    own_password: str = "",
    floating: Mapping[str, str] | None = None,
) -> Rendered:
    """The files of every node.

    :param addresses: the IPv4 address of a role (``data``, ``sentinel``) on a host.
    :param directory: the folder of a host; a node lives in a folder with its own name in it and is started there.
    :param seed: Sentinels' ids follow from it.
    :param names_served: whether lookups of host names are answered there.
    :param own_password: what a deployment without any password gets where others can reach it; empty if no one can.
    :param floating: what stands here for each of the deployment's floating addresses; without it each is its first host's own.
    :raises BadInputError: the configuration names a file that does not exist or cannot be read.
    """
    open_servers = stays_open(deployment) if own_password else ()
    deployment = with_password(deployment, own_password) if own_password else deployment
    for host in deployment.hosts:
        addresses(host, "data")  # hosts are numbered in the order in which they are first named
    ports = free_ports(deployment, addresses)
    names = names_in(deployment, served=names_served)
    place = Place(deployment, addresses, directory, engine, seed, ports, names, Whereabouts(deployment))
    place = replace(place, floating=dict(floating or {}))
    access = access_for(deployment, engine)
    copied = {name: one.why for name, one in access.items() if one.user and one.acl}
    place = replace(place, material=material_for(place), copied_acls=copied)
    files: dict[str, str] = {}
    rendered: dict[str, list[Words]] = {}
    rewrites = list(deployment.overrides)
    for node in deployment.nodes:
        lines, changed = _render_node(node, place, access[node.name])
        files[node.name] = "".join(join_words(words) + "\n" for words in lines)
        rendered[node.name] = lines
        rewrites += changed
    unique = tuple(dict.fromkeys(rewrites))  # one line of a YAML file stands in the files of several nodes
    nodes = tuple(_placed(node, place, access[node.name]) for node in deployment.nodes)
    return Rendered(
        files,
        unique,
        nodes,
        copied_files=copied_files(place),
        made_files=made_certificates(place) | copied_acl_files(deployment, access),
        tls=files_for_clients(deployment, rendered),
        authority=(place.material.authority, place.material.authority_key) if place.material else None,
        not_reproduced=_masked(
            deployment,
            *not_reproduced(deployment, names, place.where),
            *not_proven(missing_certificates(deployment)),
            *open_servers,
        ),
        unreproduced_lines=_masked(deployment, *unreproduced_lines(deployment, place.where)),
    )


def _masked(deployment: Deployment, *sentences: str) -> tuple[str, ...]:
    """Return the sentences with secrets masked."""
    return tuple(map(deployment.secrets.mask, sentences))


def _placed(node: Node, place: Place, access: Access) -> PlacedNode:
    is_data = isinstance(node, DataNode)
    return PlacedNode(
        name=node.name,
        host=node.host,
        role="data" if is_data else "sentinel",
        address=place.own_address(node),
        port=place.ports[node.name].known,
        tls=node.tls,
        login=access.lab,
        client_login=access.clients,
        renamed=names_at(node),
        master_name=node.master_name if isinstance(node, DataNode) else "",
        initial_primary=isinstance(node, DataNode) and place.deployment.begins_as_primary(node),
        names=place.names.of.get(node.name, ()),
    )


def _render_node(node: Node, place: Place, access: Access) -> tuple[list[Words], list[Rewrite]]:
    """The lines of one node, and the rewrites they took."""
    lines: list[Words] = []
    rewrites: list[Rewrite] = []
    for directive in node.directives:
        after, reason = rewritten(directive, node, place)
        if after is not None:
            lines.append(after)
        if after != directive.words:
            text = "" if after is None else join_words(place.deployment.secrets.words(after))
            rewrites.append(_rewrite(directive.source.name, directive.line, directive.text, text, reason))
    for words, reason in _added(node, place, access):
        lines.append(words)
        rewrites.append(_rewrite(node.source.name, None, "", f"{node.name}: {join_words(words)}", reason))
    if access.user:
        if access.acl is None:
            lines.append(access.line(hidden=False))
        where = access.acl.arguments[0] if access.acl else node.source.name
        rewrites.append(_rewrite(where, None, "", f"{node.name}: {' '.join(access.line(hidden=True))}", access.why))
    return lines, rewrites


def _rewrite(file: str, line: int | None, before: str, after: str, reason: str) -> Rewrite:
    return Rewrite(file=file, line=line, before=before, after=after, reason=reason)


def _added(node: Node, place: Place, access: Access) -> Iterator[tuple[Words, str]]:
    """Lines that the user's files lack."""
    if place.ports[node.name].plain != node.plain_port and node.find("port") is None:
        yield ("port", str(place.ports[node.name].plain)), OTHER_PORT
    if isinstance(node, DataNode) and node.find("protected-mode") is None and not access.needs_password:
        why = "without a password the default refuses every other host, so replication would be impossible"
        yield ("protected-mode", "no"), why
    yield from _source_address(node, place)
    if isinstance(node, SentinelNode):
        yield from _seeds(node, place)


def _source_address(node: Node, place: Place) -> Iterator[tuple[Words, str]]:
    """Yield the lines that give a node its role's source address: nothing for data nodes on hosts whose first address is theirs anyway."""
    own = place.own_address(node)
    needed = isinstance(node, SentinelNode) or own.startswith("127.")
    if needed and place.has_source_address and node.find("bind-source-addr") is None:
        yield ("bind-source-addr", own), _SPEAKS
    if needed and node.find("bind") is None and (not place.has_source_address or own.startswith("127.")):
        yield ("bind", place.own_address(place.where.holder(node) or node)), _SPEAKS


def _seeds(node: SentinelNode, place: Place) -> Iterator[tuple[Words, str]]:
    """Yield the lines that a running Sentinel's file would have, of each kind where this one has no such line."""
    if node.find("sentinel myid") is None:
        yield ("sentinel", "myid", _sentinel_id(node, place)), SEEDED
    for monitored in place.deployment.monitored:
        master = monitored.master_name
        if place.deployment.astray_at(node.name, master):
            continue  # it finds out by itself what it can, or cannot
        if node.setting("known-replica", master) is None:
            yield from _replica_seeds(monitored, place)
        if node.setting("known-sentinel", master) is None:
            yield from _peer_seeds(node, master, place)


def _replica_seeds(monitored: MonitoredPrimary, place: Place) -> Iterator[tuple[Words, str]]:
    """The replicas that a Sentinel can know: those that the primary knows, each under an address that is no other's."""
    deployment, master = place.deployment, monitored.master_name
    primary = deployment.data_on(monitored.host, master)
    known = Counter(_known_as(node, place) for node in deployment.data)
    known[place.data_address(primary)] += 1
    for replica in deployment.data:
        attached = (replica.replica_of, replica.master_name) == (monitored.host, master)
        where = _known_as(replica, place)
        if attached and not deployment.astray_at(replica.name, master) and known[where] == 1:
            yield ("sentinel", "known-replica", master, *where), SEEDED


def _peer_seeds(node: SentinelNode, master: str, place: Place) -> Iterator[tuple[Words, str]]:
    """The other Sentinels; none where several have one id or one address, since they then replace each other in turn."""
    sentinels = place.deployment.sentinels
    several = max(
        Counter(key for each in sentinels for key in (_sentinel_id(each, place), _known_as(each, place))).values()
    )
    for peer in sentinels if several == 1 else ():
        if peer.host != node.host and not place.deployment.astray_at(peer.name, master):
            yield ("sentinel", "known-sentinel", master, *_known_as(peer, place), _sentinel_id(peer, place)), SEEDED


def _known_as(node: Node, place: Place) -> Words:
    """Address and port by which the others know a node."""
    return place.names.as_announced(node, place.here(place.where.announced_by(node)))


def _sentinel_id(node: SentinelNode, place: Place) -> str:
    """The id that its file has, else one of the lab's."""
    made = hashlib.sha1(f"{place.seed}:{node.name}".encode(), usedforsecurity=False).hexdigest()
    return node.value("sentinel myid", made)
