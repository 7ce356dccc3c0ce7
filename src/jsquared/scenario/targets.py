"""Targets: words such as ``primary`` or ``replica:behind``, which mean nodes or hosts, now or before anything has moved.

=====================  ==========================================================================================
``primary``            the data node that the Sentinels' majority names, or last named
``primary@NAME``       the same of the monitored primary called NAME; ``primaries`` those of all that are monitored
``replica:N``          the N-th replica in the deployment's order, from 1
``replica:behind``     the replica with the lowest replication offset; ``replica:ahead`` the highest
``replicas``           all replicas
``sentinel:N``         the N-th Sentinel; ``sentinel:leader`` the one last voted for
``sentinels``          all Sentinels
``client:N``           the N-th client that does not live on the primary's host; ``clients`` all clients
``host:NAME``          a host, whatever runs there; a node's own name (``redis-n1``) is a target too
=====================  ==========================================================================================

Where several primaries are monitored, ``primary`` and the replicas are those of the one that the trial is about.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from jsquared.errors import BadInputError
from jsquared.text import one_of, whole_number

WORDS = (
    "primary",
    "primary@NAME",
    "primaries",
    "replica:N",
    "replica:behind",
    "replica:ahead",
    "replicas",
    "sentinel:N",
    "sentinel:leader",
    "sentinels",
    "client:N",
    "clients",
    "host:NAME",
)


OF_PRIMARY = "primary@"


class Roster(Protocol):
    """The roles of a deployment's nodes: now, or before anything has moved."""

    def servers(self) -> Sequence[str]:
        """Every server node, in order."""
        ...

    def host_of(self, server: str) -> str:
        """The host of a server node."""
        ...

    def client_hosts(self) -> Sequence[str]:
        """The hosts of the clients, in order."""
        ...

    def primary(self) -> str:
        """The primary that the trial is about."""
        ...

    def primaries(self) -> Mapping[str, str]:
        """Every monitored primary by the name that the Sentinels know it by."""
        ...

    def replicas(self) -> Sequence[str]:
        """The replicas of the primary that the trial is about, in order."""
        ...

    def by_offset(self) -> Sequence[str]:
        """The same, the one with the lowest replication offset first."""
        ...

    def sentinels(self) -> Sequence[str]:
        """The Sentinels, in order."""
        ...

    def leading_sentinel(self) -> str:
        """The Sentinel last voted for."""
        ...


def is_target_word(text: str) -> bool:
    """True if a text has the form of one of the words for targets, whatever the deployment has."""
    return any(re.fullmatch(_form(word), text) for word in WORDS)


def _form(word: str) -> str:
    """The pattern of a word: ``N`` is a number, ``NAME`` any name."""
    kind, mark, which = re.split(r"([:@]|$)", word, maxsplit=1)
    return kind + mark + {"N": r"[1-9]\d{0,3}", "NAME": r"\S+"}.get(which, which)


def nodes_meant(roster: Roster, targets: Sequence[str]) -> list[str]:
    """Server nodes that targets mean.

    :raises BadInputError: a target is not a server node of this deployment.
    """
    return _unique([name for target in targets for name in _nodes(roster, target)])


def hosts_meant(roster: Roster, targets: Sequence[str]) -> list[str]:
    """Hosts that targets mean: those of the nodes and clients named.

    :raises BadInputError: a target does not exist in this deployment.
    """
    return _unique([host for target in targets for host in _hosts(roster, target)])


def all_hosts_of(roster: Roster) -> list[str]:
    """Every host, in order: data nodes', Sentinels', clients'."""
    return _unique([*map(roster.host_of, roster.servers()), *roster.client_hosts()])


def counted_clients(hosts: Sequence[str], primary_host: str) -> list[str]:
    """The hosts that ``client:1``, ``client:2`` … mean while the primary is on ``primary_host``.

    A client that lives on the primary's host shares its fate anyway, so counting begins with the others.
    """
    return [host for host in hosts if host != primary_host] or list(hosts)


def _hosts(roster: Roster, target: str) -> list[str]:
    kind, _, which = target.partition(":")
    if kind == "host":
        if which not in all_hosts_of(roster):
            raise _unknown(target, all_hosts_of(roster))
        return [which]
    if kind == "clients":
        return list(roster.client_hosts())
    if kind == "client":
        return [_pick(counted_clients(roster.client_hosts(), roster.host_of(roster.primary())), target)]
    return [roster.host_of(name) for name in _nodes(roster, target)]


def _nodes(roster: Roster, target: str) -> list[str]:
    kind, _, which = target.partition(":")
    servers = roster.servers()
    if target in servers:
        return [target]
    if (special := _SPECIAL.get(target)) is not None:
        return list(special(roster))
    if target.startswith(OF_PRIMARY):
        return [_primary_called(roster, target.removeprefix(OF_PRIMARY))]
    if kind == "replica":
        return [_pick(roster.replicas(), target)]
    if kind == "sentinel":
        return [_pick(roster.sentinels(), target)]
    there = [name for name in servers if kind == "host" and roster.host_of(name) == which]
    if there:
        return there
    raise _unknown(target, servers)


def _primary_called(roster: Roster, master_name: str) -> str:
    primaries = roster.primaries()
    if master_name not in primaries:
        raise _unknown(f"{OF_PRIMARY}{master_name}", [OF_PRIMARY + name for name in primaries])
    return primaries[master_name]


_SPECIAL: dict[str, Callable[[Roster], Sequence[str]]] = {
    "primary": lambda roster: [roster.primary()],
    "primaries": lambda roster: list(roster.primaries().values()),
    "replicas": lambda roster: roster.replicas(),
    "replica:behind": lambda roster: roster.by_offset()[:1],
    "replica:ahead": lambda roster: roster.by_offset()[-1:],
    "sentinels": lambda roster: roster.sentinels(),
    "sentinel:leader": lambda roster: [roster.leading_sentinel()],
}


def _pick(names: Sequence[str], target: str) -> str:
    number = whole_number(target.partition(":")[2])
    if number is None or not 1 <= number <= len(names):
        raise _unknown(target, names)
    return names[number - 1]


def _unknown(target: str, names: Sequence[str]) -> BadInputError:
    there = one_of(names) if names else "none"
    return BadInputError(f"no such target (there: {there})", where=f"target '{target}'", hint=", ".join(WORDS))


def _unique(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(names))
