"""Rules: are there Sentinels enough to fail over when one machine is lost, and is the quorum a sensible one?"""

from collections.abc import Iterator
from dataclasses import replace

from jsquared.analysis.group import Group, Machine
from jsquared.analysis.rule import Problem, named, of_quorum, rule, together, written
from jsquared.deployment.model.addresses import port_of
from jsquared.deployment.model.spec import Node
from jsquared.text import listed

ENOUGH = 3
"""With fewer Sentinels no quorum survives the loss of a host."""
MORE_SENTINELS = "three Sentinels on three hosts"


def _left_without(group: Group, machine: Machine) -> int:
    return len(group.sentinels) - len(machine.sentinels)


def _no_majority(group: Group, machine: Machine, what: str) -> Problem:
    total, left = len(group.sentinels), _left_without(group, machine)
    lines = [node.monitor(group.master) for node in group.sentinels]
    message = (
        f"With {what}, {left} of {total} Sentinel(s) are left and a leader needs the votes of {group.majority}: "
        "there are no more failovers."
    )
    fix = MORE_SENTINELS if total < ENOUGH else f"its {len(machine.sentinels)} Sentinels on as many hosts"
    return Problem(
        target=together([machine.name, named(machine.sentinels)]),
        lines=written(lines),
        message=message,
        fix=fix,
    )


@rule(
    "majority-dies-with-primary",
    "critical",
    "violated",
    "Losing the primary's host leaves no majority of Sentinels, so there is no failover.",
    "two-sentinels",
    "sentinel-majority-gone",
)
def majority_dies_with_primary(group: Group) -> Iterator[Problem]:
    """A leader needs votes of more than half of all known Sentinels (sentinelGetLeader in sentinel.c), dead ones included."""
    own = group.machines[0]
    if own.sentinels and _left_without(group, own) < group.majority:
        yield _no_majority(group, own, f"the loss of the primary's host {own.name}")


@rule(
    "majority-dies-with-host",
    "high",
    "violated",
    "Losing one other host leaves no majority of Sentinels, silently.",
    "two-sentinels",
    "sentinel-majority-gone",
)
def majority_dies_with_host(group: Group) -> Iterator[Problem]:
    """As for the primary's host; one host is what a deployment must be able to lose."""
    for machine in group.machines[1:]:
        if machine.sentinels and _left_without(group, machine) < group.majority:
            yield _no_majority(group, machine, f"the loss of host {machine.name}")


@rule(
    "quorum-unreachable",
    "critical",
    "violated",
    "The quorum is larger than the number of Sentinels, so there is never a failover.",
    "wrong-quorum",
)
def quorum_unreachable(group: Group) -> Iterator[Problem]:
    """Sentinel accepts any number (``sentinel monitor`` in sentinel.c) and never calls the primary objectively down."""
    total = len(group.sentinels)
    nodes = [node for node in group.sentinels if group.quorums[node.name] > total]
    if nodes:
        quorum = max(group.quorums.values())
        message = (
            f"There are {total} Sentinel(s) and the quorum is {quorum}: the primary is never considered down, so "
            "there is no failover."
        )
        problem = of_quorum(group, nodes, message, group.majority if total >= ENOUGH else None)
        yield problem if problem.fix else replace(problem, fix=MORE_SENTINELS)


@rule(
    "quorum-dies-with-host",
    "critical",
    "violated",
    "The quorum is so high that losing one host makes it unreachable.",
    "wrong-quorum",
    "sentinel-majority-gone",
)
def quorum_dies_with_host(group: Group) -> Iterator[Problem]:
    """ODOWN needs the quorum among the Sentinels that answer (sentinelCheckObjectivelyDown in sentinel.c)."""
    quorum = max(group.quorums.values())
    lost = [
        m
        for m in group.machines
        if m.sentinels and group.majority <= _left_without(group, m) < quorum <= len(group.sentinels)
    ]
    if lost:
        least = min(_left_without(group, machine) for machine in lost)
        hosts = " or ".join(machine.name for machine in lost)
        nodes = [node for node in group.sentinels if group.quorums[node.name] > least]
        message = (
            f"With the loss of host {hosts}, {least} Sentinels are left and the quorum is {quorum}: "
            "the primary is never considered down, so there is no failover."
        )
        yield of_quorum(group, nodes, message, group.majority)


@rule(
    "quorum-one",
    "high",
    "violated",
    "A single Sentinel that loses sight of the primary starts a failover.",
    "wrong-quorum",
    "sentinels-blind",
)
def quorum_one(group: Group) -> Iterator[Problem]:
    """The quorum is compared with the Sentinels that see the primary down; others vote for a leader without looking themselves."""
    nodes = [node for node in group.sentinels if group.quorums[node.name] == 1]
    if nodes and len(group.sentinels) > 1:
        message = (
            "With a quorum of 1, a single Sentinel that loses sight of the primary replaces it, "
            "and writes that the old primary acknowledges meanwhile are lost."
        )
        yield of_quorum(group, nodes, message, group.majority)


@rule(
    "quorum-below-majority",
    "info",
    "fact",
    "The quorum is below the majority, which a failover needs anyway.",
    "wrong-quorum",
)
def quorum_below_majority(group: Group) -> Iterator[Problem]:
    """A leader needs the larger of quorum and majority (sentinelGetLeader in sentinel.c)."""
    nodes = [node for node in group.sentinels if 1 < group.quorums[node.name] < group.majority]
    if nodes:
        message = (
            f"With a quorum below the majority fewer Sentinels can declare the "
            f"primary down, but a failover still needs the votes of {group.majority} of {len(group.sentinels)}."
        )
        yield of_quorum(group, nodes, message, group.majority)


@rule(
    "even-sentinels",
    "info",
    "fact",
    "An even number of Sentinels: the extra one tolerates no extra loss, and votes can split evenly.",
    "split-vote",
)
def even_sentinels(group: Group) -> Iterator[Problem]:
    """Measured with Redis 7.0.15: of 12 runs with 4 Sentinels one had failed elections, each costing 2 x failover-timeout."""
    count = len(group.sentinels)
    if count > 2 and count % 2 == 0:
        message = (
            f"{count} Sentinels survive no more losses than {count - 1} would, and their votes can split "
            "evenly, which costs twice failover-timeout."
        )
        yield Problem(named(group.sentinels), message, directive=f"{count} Sentinels", fix="one Sentinel more or less")


@rule(
    "hosts-share-machine",
    "medium",
    "warning",
    "Hosts whose nodes share an address: they are one machine and fail together.",
    "two-sentinels",
)
def hosts_share_machine(group: Group) -> Iterator[Problem]:
    """Addresses in bind and announce lines; majorities and splits are counted by machine."""
    for machine in group.machines:
        if len(machine.hosts) > 1:
            nodes: tuple[Node, ...] = (*machine.data, *machine.sentinels)
            message = (
                f"{listed(machine.hosts)} have an address in common, so they are one machine and fail "
                "together; the lab gives each of them a separate machine."
            )
            fix = "one host per data node and Sentinel"
            yield Problem(named(nodes), message, directive="bind, announce-ip", fix=fix)


@rule("no-replicas", "critical", "violated", "There is no replica to promote.", "primary-crash")
def no_replicas(group: Group) -> Iterator[Problem]:
    """Sentinel only promotes replicas that it knows from the primary's INFO."""
    if not group.replicas:
        message = "The primary has no replica: if it dies there is no replica to promote, and no copy of its data."
        yield Problem(
            group.primary.name,
            message,
            directive="no replicaof on any host",
            fix=f"a host with replicaof {group.primary.host} {port_of(group.primary)}",
        )


RULES = (
    majority_dies_with_primary, majority_dies_with_host, quorum_unreachable, quorum_dies_with_host, quorum_one,
    quorum_below_majority, even_sentinels, hosts_share_machine, no_replicas,
)  # fmt: skip
