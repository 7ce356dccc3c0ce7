"""From nodes to a validated deployment: the checks that hold whatever form the deployment was written in."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from jsquared.deployment.model.directives import Directive, Source, join_words
from jsquared.deployment.model.input_files import readable
from jsquared.deployment.model.known import OF_A_PRIMARY
from jsquared.deployment.model.reach import Reach
from jsquared.deployment.model.spec import (
    DEFAULT_DOWN_AFTER_MS,
    DEFAULT_FAILOVER_TIMEOUT_MS,
    DEFAULT_PARALLEL_SYNCS,
    Client,
    ClientPolicy,
    DataNode,
    Deployment,
    Floating,
    HostNames,
    MisdirectedLine,
    MonitoredPrimary,
    Node,
    SentinelNode,
)
from jsquared.errors import BadInputError
from jsquared.records.plan import Rewrite
from jsquared.records.secret_places import secrets_in
from jsquared.records.secrets import NO_SECRETS, Secrets, remember
from jsquared.text import did_you_mean

N = TypeVar("N", DataNode, SentinelNode)

MOST_NODES = 16
MOST_CLIENTS = 64
LONGEST_NAME = 100
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
NUMBERS_OF_A_PRIMARY = ("down-after-milliseconds", "failover-timeout", "parallel-syncs")


class NotWholeError(BadInputError):
    """What a folder's Compose file or manifests describe has data nodes without Sentinels, or the other way round, or neither."""


def assemble(
    *,
    name: str,
    description: str,
    where: Source,
    data: Sequence[DataNode],
    sentinels: Sequence[SentinelNode],
    primaries: Mapping[str, str],
    client_policy: ClientPolicy,
    input_files: dict[str, str],
    folders: tuple[Path, ...] = (),
    reach: Reach | None = None,
    overrides: tuple[Rewrite, ...] = (),
    not_reproduced: tuple[str, ...] = (),
    astray: tuple[MisdirectedLine, ...] = (),
    host_names: HostNames | None = None,
    floating: tuple[Floating, ...] = (),
    secrets: Secrets = NO_SECRETS,
) -> Deployment:
    """A deployment of these nodes. ``primaries`` maps each monitored name to the host of its primary.

    :param secrets: those that have their numbers already.

    :raises BadInputError: the parts contradict each other or Redis; the line names the file and the place.
    """
    secrets = _all_secrets(secrets, data, sentinels, primaries)
    remember(secrets)
    data, sentinels = _shown(data, secrets), _shown(sentinels, secrets)
    _check_sizes(where, data, sentinels)
    nodes: tuple[Node, ...] = (*data, *sentinels)
    _check_through(client_policy, floating, where)
    clients = place_clients(client_policy, data, sentinels, where)
    for host in [*(node.host for node in nodes), *(client.host for client in clients)]:
        _check_host(host, where)
    _check_names(nodes, where)
    for node in nodes:
        _check_node(node)
    for sentinel in sentinels:
        _check_sentinel(sentinel, primaries, {one.master_name for one in astray if one.node == sentinel.name})
    return Deployment(
        name=readable(name, LONGEST_NAME),
        description=secrets.mark(description.strip())
        if description.strip() in secrets.values
        else secrets.mask(description),
        data=tuple(data),
        sentinels=tuple(sentinels),
        monitored=tuple(_monitored(master, host, sentinels) for master, host in primaries.items()),
        clients=clients,
        client_policy=client_policy,
        input_files=input_files,
        folders=folders,
        reach=reach or Reach(),
        overrides=overrides,
        not_reproduced=tuple(map(secrets.mask, not_reproduced)),
        astray=astray,
        host_names=host_names or HostNames(),
        floating=floating,
        secrets=secrets,
    )


def _all_secrets(
    secrets: Secrets, data: Sequence[DataNode], sentinels: Sequence[SentinelNode], primaries: Iterable[str]
) -> Secrets:
    """Those of all directives, in order."""
    nodes: tuple[Node, ...] = (*data, *sentinels)
    names = (name for node in nodes for name in (node.name, node.host, *primaries))
    return secrets.and_also(
        (secret for node in nodes for secret in secrets_in(line.words for line in node.directives)), names
    )


def _shown(nodes: Sequence[N], secrets: Secrets) -> list[N]:
    """The nodes, their directives' texts with marks in the place of secrets."""
    return [replace(node, directives=tuple(_shown_directives(node.directives, secrets))) for node in nodes]


def _shown_directives(directives: Iterable[Directive], secrets: Secrets) -> Iterator[Directive]:
    for directive in directives:
        words = secrets.words(directive.words)
        text = secrets.mask(directive.text if words == directive.words else join_words(words))
        yield directive if text == directive.text else replace(directive, text=text)


def _check_sizes(where: Source, data: Sequence[DataNode], sentinels: Sequence[SentinelNode]) -> None:
    for kind, nodes in (("data nodes", data), ("Sentinels", sentinels)):
        if not nodes:
            raise BadInputError(f"no {kind}", where=where.place, hint=_MISSING[kind])
        if len(nodes) > MOST_NODES:
            raise BadInputError(
                f"{len(nodes)} {kind} are more than the maximum of {MOST_NODES}", where=where.place, hint="fewer hosts"
            )


_MISSING = {
    "data nodes": "data: [n1, n2, n3], or a redis.conf in each host's folder",
    "Sentinels": "sentinels: [n1, n2, n3], or a sentinel.conf in the folders of three hosts",
}


def _check_names(nodes: Sequence[Node], where: Source) -> None:
    """Refuse hosts whose servers would have the same name: ``a`` and ``redis-a``."""
    hosts: dict[str, str] = {}
    for node in nodes:
        other = hosts.setdefault(node.name, node.host)
        if other != node.host:
            what = f"the servers of the hosts '{other}' and '{node.host}' would both be called {node.name}"
            raise BadInputError(what, where=where.place, hint="another name for one of the hosts")


def _check_host(host: str, where: Source) -> None:
    if not _HOST.fullmatch(host):
        raise BadInputError(
            f"'{readable(host, 80)}' cannot be the name of a host",
            where=where.place,
            hint="up to 63 letters, digits, '-', '_' or '.', a letter or digit first",
        )


def _check_node(node: Node) -> None:
    _ = node.port  # raises where it is none
    deployment = node.find("cluster-enabled")
    if deployment and node.is_on("cluster-enabled"):
        raise deployment.bad("Sentinel does not run cluster nodes", "cluster-enabled no")


def _check_sentinel(sentinel: SentinelNode, primaries: Mapping[str, str], astray: Set[str]) -> None:
    """``astray`` are names of primaries that its lines are about, or lack, otherwise than those of the other Sentinels."""
    for master in primaries:
        monitor = sentinel.monitor(master)
        if monitor is None and master in astray:
            continue
        if monitor is None:
            raise BadInputError(
                f"the Sentinel on {sentinel.host} does not monitor {master}",
                where=sentinel.source.place,
                hint=f"the same 'sentinel monitor {master} …' line for every Sentinel",
            )
        check_monitor(monitor)
        for setting in NUMBERS_OF_A_PRIMARY:
            sentinel.number(setting, master, 1)
    for setting in OF_A_PRIMARY:
        for directive in sentinel.all(f"sentinel {setting}"):
            _check_master_name(directive, [*primaries, *astray])


def _check_master_name(directive: Directive, primaries: Sequence[str]) -> None:
    master = directive.arguments[0] if directive.arguments else ""
    if master not in primaries:
        near = did_you_mean(master, primaries, otherwise=next(iter(primaries)))
        shown = NO_SECRETS.words(directive.words)[2:3]  # a password, where the name is forgotten
        raise directive.bad(f"no primary called '{''.join(shown)}' is monitored", near)


MOST_QUORUM = 2**31 - 1
"""Sentinel keeps the quorum as an int (``atoi`` in sentinel.c); one above the number of Sentinels is a finding, since they take it."""


def check_monitor(monitor: Directive) -> None:
    """Refuse a line that no Sentinel accepts.

    :raises BadInputError: too few words, or a quorum below 1.
    """
    if len(monitor.arguments) != 4:
        raise monitor.bad("takes a name, an address, a port and a quorum", "sentinel monitor mymaster 10.0.0.1 6379 2")
    monitor.number(3, 1, MOST_QUORUM)


def _monitored(master: str, host: str, sentinels: Sequence[SentinelNode]) -> MonitoredPrimary:
    def slowest(setting: str, default: int) -> int:
        return max(sentinel.number(setting, master, default) for sentinel in sentinels)

    monitors = [monitor for sentinel in sentinels if (monitor := sentinel.monitor(master))]
    return MonitoredPrimary(
        master_name=master,
        host=host,
        quorum=max(monitor.number(3, 1, MOST_QUORUM) for monitor in monitors),
        down_after_ms=slowest("down-after-milliseconds", DEFAULT_DOWN_AFTER_MS),
        failover_timeout_ms=slowest("failover-timeout", DEFAULT_FAILOVER_TIMEOUT_MS),
        parallel_syncs=slowest("parallel-syncs", DEFAULT_PARALLEL_SYNCS),
    )


def check_unique_hosts(hosts: Sequence[str], where: str) -> None:
    """Refuse a host that is named twice, whatever the case of its letters.

    :raises BadInputError: with the first such name.
    """
    seen = Counter(host.lower() for host in hosts)
    for host in hosts:
        if seen[host.lower()] > 1:
            raise BadInputError(f"host {host} is named twice", where=where, hint="naming each host once")


def _check_through(policy: ClientPolicy, floating: Sequence[Floating], where: Source) -> None:
    """Refuse clients that know an address which no host has."""
    addresses = [one.address for one in floating]
    if policy.through and policy.through not in addresses:
        raise BadInputError(
            f"clients go through {readable(policy.through)}, which is not one of its floating addresses",
            where=f"{where.place}, clients.through",
            hint=did_you_mean(
                policy.through, addresses, otherwise="an entry of it in 'floating', or --floating with it"
            ),
        )


def place_clients(
    policy: ClientPolicy, data: Sequence[DataNode], sentinels: Sequence[SentinelNode], where: Source
) -> tuple[Client, ...]:
    """``client-1``, ``client-2`` … dealt to hosts in turn, each with the Sentinels that it asks.

    :raises BadInputError: a client is to ask its own Sentinel on a host that has none.
    """
    with_sentinel = tuple(node.host for node in sentinels)
    taken = {node.host for node in (*data, *sentinels)}
    clients = []
    for number, host in enumerate(_client_hosts(policy, data, taken), 1):
        if policy.ask == "own" and host not in with_sentinel:
            raise BadInputError(
                f"client-{number} is configured to ask its own Sentinel, but {host} has none",
                where=f"{where.place}, clients.ask",
                hint="ask: all, or on: data where every data host has a Sentinel",
            )
        clients.append(Client(f"client-{number}", host, (host,) if policy.ask == "own" else with_sentinel))
    return tuple(clients)


def _client_hosts(policy: ClientPolicy, data: Sequence[DataNode], taken: set[str]) -> list[str]:
    if policy.on == "own":
        names = (f"c{number}" for number in range(1, 10_000) if f"c{number}" not in taken)
        return [next(names) for _ in range(2 if policy.count is None else policy.count)]
    hosts = list(dict.fromkeys(node.host for node in data)) if policy.on == "data" else list(policy.on)
    return [hosts[index % len(hosts)] for index in range(len(hosts) if policy.count is None else policy.count)]
