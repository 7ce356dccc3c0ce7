"""Rules: addresses that float between hosts, in lines where they lead to another server once they have moved."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from jsquared.analysis.group import Group
from jsquared.analysis.rule import Problem, named, rule, with_data, written
from jsquared.deployment.model.addresses import announces_line, is_any
from jsquared.deployment.model.directives import Directive, is_users
from jsquared.deployment.model.spec import DataNode, Floating, Node

_MENDS = "bind * -::*, or net.ipv4.ip_nonlocal_bind=1 (nonlocal_bind: yes)"


def _moves(group: Group, line: Directive, at: int) -> Floating | None:
    """The floating address at a place of a line, where it moves by itself."""
    if not is_users(line) or len(line.arguments) <= at:
        return None
    floating = group.deployment.floats(line.arguments[at].lower())
    return floating if floating and floating.follows != "manual" else None


def _moving(
    group: Group, lines: Iterable[tuple[Node, Directive | None]], at: int
) -> list[tuple[Node, Directive, Floating]]:
    """The lines with such an address at that place."""
    return [(node, line, floating) for node, line in lines if line and (floating := _moves(group, line, at))]


def _of(nodes: list[tuple[Node, Directive, Floating]], message: str, fix: str) -> Problem:
    return Problem(
        target=named(node for node, _, _ in nodes),
        lines=written(line for _, line, _ in nodes),
        message=message,
        fix=fix,
    )


@rule(
    "floating-address-monitored",
    "critical",
    "violated",
    "Sentinels monitor an address that moves by itself: they mistake the promoted server for the old one, and make it follow itself.",
)
def floating_address_monitored(group: Group) -> Iterator[Problem]:
    """sentinelResetMasterAndChangeAddress in sentinel.c keeps the old address as a replica's; sentinelRefreshInstanceInfo converts it.

    Measured with Valkey 9.1.2: the promoted primary got REPLICAOF with its own address (``+convert-to-slave``), and 3,083 of 3,683
    acknowledged writes were lost.
    """
    found = _moving(group, ((node, node.monitor(group.master)) for node in group.sentinels), 1)
    if found:
        address = found[0][2].address
        message = (
            f"After a failover Sentinels keep {address} as the old primary's. Once it has moved, the promoted server "
            "answers there as a primary, so they tell it to follow itself."
        )
        yield _of(found, message, "sentinel monitor with the primary's own address")


@rule(
    "floating-address-followed",
    "high",
    "warning",
    "Replicas follow an address that moves by itself: it may move to a replica's own host, or away from the primary that "
    "they should follow.",
)
def floating_address_followed(group: Group) -> Iterator[Problem]:
    """replicaof names an address and no server; whoever has it is followed, and a host that has it follows itself."""
    found = _moving(group, ((node, node.find("replicaof")) for node in group.data), 0)
    if found:
        address = found[0][2].address
        message = (
            f"Replicas follow the server at {address}: after it has moved that is another server, and on its new host "
            "the replica itself."
        )
        yield _of(found, message, "replicaof with the primary's own address")


@rule(
    "floating-address-announced",
    "high",
    "warning",
    "A node announces an address that hosts share: others find another server there once it has moved.",
)
def floating_address_announced(group: Group) -> Iterator[Problem]:
    """replica-announce-ip and sentinel announce-ip say where one server is, for as long as it lives."""
    found: list[tuple[Node, Directive, Floating]] = [
        (node, line, floating)
        for node in group.nodes
        if (line := node.find(announces_line(node))) and line.arguments
        if (floating := group.deployment.floats(line.arguments[0].lower()))
    ]
    if found:
        several = " Several announce it, so Sentinels mistake them for one." if len(found) > 1 else ""
        message = f"{found[0][2].address} leads to this server only while its host has it.{several}"
        yield _of(found, message, f"{found[0][1].words[0]} with the host's own address")


def _absent_at_start(group: Group) -> Iterator[tuple[DataNode, Directive, Floating]]:
    """Data nodes with bind lines that name addresses which may come later, where no server may listen on an absent address."""
    for node in group.data:
        line = node.find("bind")
        if line is None or any(map(is_any, line.arguments)):
            continue
        for floating in group.deployment.floating:
            if node.host in floating.hosts and node.host != floating.starts_on and not floating.nonlocal_bind:
                yield node, line, floating


@rule(
    "floating-address-required",
    "critical",
    "violated",
    "A bind line needs an address that another host has: the server does not start.",
)
def floating_address_required(group: Group) -> Iterator[Problem]:
    """listenToPort in server.c (socket.c from 7.0): an address that cannot be bound ends the start, unless a ``-`` stands before it."""
    found: list[tuple[Node, Directive, Floating]] = [
        each for each in _absent_at_start(group) if each[2].address in each[1].arguments
    ]
    if found:
        address = found[0][2].address
        message = f"These hosts do not have {address} at the start, and a server that cannot listen on an address of its bind line exits."
        yield _of(found, message, _MENDS)


@rule(
    "floating-address-not-listened-on",
    "high",
    "warning",
    "A floating address may move to a host whose server does not listen on it: a bind line is read once, at the start.",
)
def floating_address_not_listened_on(group: Group) -> Iterator[Problem]:
    """listenToPort in server.c (socket.c from 7.0): a ``-`` lets the server start without the address, and it never tries again."""
    found: list[tuple[Node, Directive, Floating]] = [
        each for each in _absent_at_start(group) if each[2].address not in each[1].arguments
    ]
    if found:
        nodes = [node for node in group.data if node in [each[0] for each in found]]
        address = found[0][2].address
        message = (
            f"Once {address} moves to these hosts, connections to it are refused: their servers started without it."
        )
        yield replace(_of(found, message, _MENDS), try_with=with_data(group, nodes, "bind", "* -::*"))


RULES = (
    floating_address_monitored,
    floating_address_followed,
    floating_address_announced,
    floating_address_required,
    floating_address_not_listened_on,
)
