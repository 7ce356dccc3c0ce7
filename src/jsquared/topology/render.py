"""From a deployment to the files that its servers are started with here, and the list of every line that had to differ.

Lines are kept as the user wrote them, unless they cannot hold here: addresses, folders, and what would take a server out of the lab's
hands (``daemonize``, log files). Sentinels are pre-seeded with each other and the replicas, so that they need not find
them by hello messages, which takes about 2 s.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from os import PathLike
from typing import Literal

from jsquared.records.plan import Engine, PlannedNode, Rewrite
from jsquared.topology.directives import Directive, join_words
from jsquared.topology.known import STATE
from jsquared.topology.spec import DataNode, Deployment, SentinelNode

Role = Literal["data", "sentinel", "client"]
Addresses = Callable[[str, Role], str]
Words = tuple[str, ...]

_RUN_HERE = "the lab starts, watches and ends the server itself"
_OTHER_PLACE = "data and sockets live in the node's own folder here"
_OTHER_ADDRESS = "hosts have other addresses here"
_NO_SCRIPTS = "scripts of the user's machines are not run here"
_SEEDED = "pre-seeded, so that the topology is known from the start"
_REMOVED: dict[str, str] = {
    "pidfile": _RUN_HERE,
    "syslog-enabled": _RUN_HERE,
    "syslog-ident": _RUN_HERE,
    "syslog-facility": _RUN_HERE,
    "sentinel notification-script": _NO_SCRIPTS,
    "sentinel client-reconfig-script": _NO_SCRIPTS,
    **{f"sentinel {name}": _SEEDED for name in STATE},
}
_CHANGED: dict[str, tuple[Words, str]] = {
    "daemonize": (("daemonize", "no"), _RUN_HERE),
    "supervised": (("supervised", "no"), _RUN_HERE),
    "logfile": (("logfile", ""), _RUN_HERE),
}


@dataclass(frozen=True)
class Rendered:
    """Node names to the text of their files, the nodes with their addresses, and every line that differs from the input."""

    files: dict[str, str]
    rewrites: tuple[Rewrite, ...]
    nodes: tuple[PlannedNode, ...]


def render(
    deployment: Deployment,
    addresses: Addresses,
    directory: Callable[[str], PathLike[str]],
    engine: Engine,
    seed: int,
) -> Rendered:
    """The files of every node.

    :param addresses: the IPv4 address of a role (``data``, ``sentinel``) on a host.
    :param directory: the folder of a host; a node lives in a folder of its own name in it.
    :param seed: Sentinels' ids follow from it.
    """
    for host in deployment.hosts:
        addresses(host, "data")  # hosts are numbered in the order in which they are first named
    place = _Place(deployment, addresses, directory, engine, seed)
    files: dict[str, str] = {}
    rewrites = list(deployment.overrides)
    for node in (*deployment.data, *deployment.sentinels):
        lines, changed = _render_node(node, place)
        files[node.name] = "".join(join_words(words) + "\n" for words in lines)
        rewrites += changed
    return Rendered(files, tuple(rewrites), _planned(place))


@dataclass(frozen=True)
class _Place:
    """Where a deployment is rendered for."""

    deployment: Deployment
    addresses: Addresses
    directory: Callable[[str], PathLike[str]]
    engine: Engine
    seed: int

    def folder(self, node: DataNode | SentinelNode) -> str:
        return f"{self.directory(node.host)}/{node.name}"

    def own_address(self, node: DataNode | SentinelNode) -> str:
        return self.addresses(node.host, "data" if isinstance(node, DataNode) else "sentinel")

    def data_address(self, host: str) -> Words:
        return (self.addresses(host, "data"), str(self.deployment.data_on(host).port))

    @property
    def has_source_address(self) -> bool:
        """Whether the engine knows ``bind-source-addr``: Redis 7.0 and later, every Valkey."""
        return self.engine.name == "valkey" or int(self.engine.version.partition(".")[0]) >= 7

    def sentinel_id(self, node: SentinelNode) -> str:
        return hashlib.sha1(f"{self.seed}:{node.name}".encode(), usedforsecurity=False).hexdigest()


def _planned(place: _Place) -> tuple[PlannedNode, ...]:
    primaries = {monitored.host for monitored in place.deployment.monitored}
    data = [
        PlannedNode(
            name=node.name,
            host=node.host,
            role="data",
            address=place.own_address(node),
            port=node.port,
            master_name=node.master_name or place.deployment.master_name,
            initial_primary=node.host in primaries,
        )
        for node in place.deployment.data
    ]
    sentinels = [
        PlannedNode(name=node.name, host=node.host, role="sentinel", address=place.own_address(node), port=node.port)
        for node in place.deployment.sentinels
    ]
    return (*data, *sentinels)


def _render_node(node: DataNode | SentinelNode, place: _Place) -> tuple[list[Words], list[Rewrite]]:
    """The lines of one node, and the rewrites they took."""
    lines: list[Words] = []
    rewrites: list[Rewrite] = []
    for directive in node.directives:
        after, reason = _line(directive, node, place)
        if after is not None:
            lines.append(after)
        if after != directive.words:
            after_text = "" if after is None else join_words(after)
            rewrites.append(_rewrite(directive.source.name, directive.line, directive.text, after_text, reason))
    for words, reason in _added(node, place):
        lines.append(words)
        rewrites.append(_rewrite(node.source.name, None, "", f"{node.name}: {join_words(words)}", reason))
    return lines, rewrites


def _rewrite(file: str, line: int | None, before: str, after: str, reason: str) -> Rewrite:
    return Rewrite(file=file, line=line, before=before, after=after, reason=reason)


def _line(directive: Directive, node: DataNode | SentinelNode, place: _Place) -> tuple[Words | None, str]:
    """What a directive becomes here (None: nothing), and why when that differs."""
    key = directive.key
    if key in _REMOVED:
        return None, _REMOVED[key]
    if key in _CHANGED:
        return _CHANGED[key]
    if key == "dir":
        return ("dir", place.folder(node)), _OTHER_PLACE
    if key == "unixsocket":
        return ("unixsocket", f"{place.folder(node)}/server.sock"), _OTHER_PLACE
    return _addressed(directive, node, place), _OTHER_ADDRESS


def _addressed(directive: Directive, node: DataNode | SentinelNode, place: _Place) -> Words:
    key, words = directive.key, directive.words
    if key == "bind":
        return (words[0], *_bind(directive.arguments, place.own_address(node)))
    if key == "bind-source-addr":
        return (words[0], place.own_address(node))
    if key == "replicaof" and isinstance(node, DataNode) and node.replica_of:
        return (words[0], *place.data_address(node.replica_of))
    if key in ("replica-announce-ip", "sentinel announce-ip"):
        return (*words[:-1], place.own_address(node))
    if key == "sentinel monitor":
        host = {m.master_name: m.host for m in place.deployment.monitored}[directive.arguments[0]]
        return (*words[:3], *place.data_address(host), words[5])
    return words


def _bind(arguments: Words, own: str) -> Words:
    """The node's own address first, as Redis before 7.0 speaks from the first one; loopback addresses stay where they can."""
    local = [a for a in arguments if a.lstrip("-") in ("127.0.0.1", "::1")] if not own.startswith("127.") else []
    return (own, *local)


def _added(node: DataNode | SentinelNode, place: _Place) -> Iterator[tuple[Words, str]]:
    own = place.own_address(node)
    speaks = "each role speaks from an address of its own, so that its links can be cut separately"
    if isinstance(node, DataNode):
        yield from _added_to_data(node, place)
    needs_source = isinstance(node, SentinelNode) or own.startswith("127.")
    if needs_source and place.has_source_address and node.find("bind-source-addr") is None:
        yield ("bind-source-addr", own), speaks
    if needs_source and node.find("bind") is None and (not place.has_source_address or own.startswith("127.")):
        yield ("bind", own), speaks
    if isinstance(node, SentinelNode):
        yield from _seeds(node, place)


def _added_to_data(node: DataNode, place: _Place) -> Iterator[tuple[Words, str]]:
    if node.replica_of and node.find("replicaof") is None:
        yield ("replicaof", *place.data_address(node.replica_of)), "which node is whose replica, as the deployment says"
    if node.find("protected-mode") is None and not node.credentials.password:
        yield (
            ("protected-mode", "no"),
            "without a password the default refuses every other host, so replication would be impossible",
        )


def _seeds(node: SentinelNode, place: _Place) -> Iterator[tuple[Words, str]]:
    yield ("sentinel", "myid", place.sentinel_id(node)), _SEEDED
    for monitored in place.deployment.monitored:
        master = monitored.master_name
        if node.monitor(master) is None:
            continue
        for replica in place.deployment.replicas:
            if replica.replica_of == monitored.host:
                yield ("sentinel", "known-replica", master, *place.data_address(replica.host)), _SEEDED
        for peer in place.deployment.sentinels:
            if peer.host != node.host and peer.monitor(master) is not None:
                where = (place.own_address(peer), str(peer.port))
                yield ("sentinel", "known-sentinel", master, *where, place.sentinel_id(peer)), _SEEDED
