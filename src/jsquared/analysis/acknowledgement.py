"""Rules: is what clients count as acknowledged safe, whichever way the network splits?"""

from collections.abc import Iterator

from jsquared.analysis.group import DEFAULT_PRIORITY, Group, priority
from jsquared.analysis.rule import Problem, named, of_nodes, rule
from jsquared.analysis.splits import Site, Split, SplitSafety, split_safety
from jsquared.deployment.model.spec import DataNode
from jsquared.text import listed


def safety_of(group: Group, primary: DataNode | None = None, *, equal_priorities: bool = False) -> SplitSafety:
    """Which acknowledgement levels are safe against every split of a group's machines.

    :param primary: another data node than the primary at the start, as after a failover.
    :param equal_priorities: as if every replica had the same priority.
    """
    leader = primary or group.primary
    sites = []
    for machine in group.machines:
        replicas = [node for node in machine.data if node is not leader]
        priorities = tuple(DEFAULT_PRIORITY if equal_priorities else priority(node) for node in replicas)
        sites.append((leader in machine.data, Site(machine.name, priorities, len(machine.sentinels))))
    own = next(site for is_own, site in sites if is_own)
    return split_safety(own, [site for is_own, site in sites if not is_own], group.needed(least=True))


def level_name(level: int) -> str:
    """``async`` or ``wait:N``."""
    return f"wait:{level}" if level else "async"


def _asked(group: Group) -> str:
    return f"--ack {group.level}" + ("" if group.ack else " (auto: the majority level)")


def _breaks(split: Split, level: int) -> str:
    """How a split loses writes of a level."""
    promoted = " or ".join(split.candidates)
    if len(split.confirming) < level:
        return f"{promoted} is promoted for its priority, although others may have confirmed a write"
    confirmed = f", confirmed by {listed(split.confirming)}" if level else ""
    return f"the primary keeps acknowledging{confirmed}, while the other side promotes {promoted} without these writes"


@rule(
    "ack-lost-in-split",
    "critical",
    "violated",
    "A split of the hosts loses writes that clients count as acknowledged.",
    "primary-and-client-isolated",
    "primary-replica-and-client-isolated",
    "priority-beats-data",
)
def ack_lost_in_split(group: Group) -> Iterator[Problem]:
    """Exhaustive over the splits; measured with Redis 7.0.15: 1872 of 1872 wait:1 writes lost with the Sentinels elsewhere."""
    level, safety = group.level.replicas, safety_of(group)
    if level not in safety.breaking:
        return
    split, safe = safety.breaking[level], safety.lowest_safe
    message = (
        f"Split {split}: {_breaks(split, level)}, so {group.level} writes are lost; "
        f"the lowest level that no split breaks is {level_name(safe)}."
    )
    uneven = [node for node in group.data if priority(node) != DEFAULT_PRIORITY]
    if level not in safety_of(group, equal_priorities=True).breaking and uneven:
        yield of_nodes(group, uneven, "replica-priority", str(DEFAULT_PRIORITY), message, value=str(DEFAULT_PRIORITY))
        return
    fix = f"--ack {level_name(safe)}" + _sentinels_beside_data(group)
    target = ", ".join((*split.primary_side, *split.other_side))
    yield Problem(target, message, directive=_asked(group), fix=fix, fix_is_line="," not in fix)


def _sentinels_beside_data(group: Group) -> str:
    beside = {node.host for node in group.sentinels} == {node.host for node in group.data}
    return "" if beside else ", or a Sentinel on every data host and no other"


@rule(
    "ack-lost-in-split-later",
    "high",
    "warning",
    "After a failover to another host, a split loses acknowledged writes.",
    "primary-replica-and-client-isolated",
    "priority-beats-data",
)
def ack_lost_in_split_later(group: Group) -> Iterator[Problem]:
    """The same enumeration with every other promotable data node as the primary."""
    level = group.level.replicas
    if level in safety_of(group).breaking:
        return
    for node in group.replicas:
        safety = safety_of(group, node)
        if priority(node) and level in safety.breaking:
            message = (
                f"Once {node.host} is the primary, split {safety.breaking[level]}: {_breaks(safety.breaking[level], level)}, "
                f"so {group.level} writes are lost; {level_name(safety.lowest_safe)} is then the lowest safe level."
            )
            fix = f"--ack {level_name(safety.lowest_safe)}"
            yield Problem(node.name, message, directive=_asked(group), fix=fix, fix_is_line=True)
            return


@rule(
    "ack-safe-in-splits",
    "info",
    "fact",
    "No split of the hosts loses acknowledged writes; names the split that breaks the next lower level.",
)
def ack_safe_in_splits(group: Group) -> Iterator[Problem]:
    """The same enumeration."""
    safety = safety_of(group)
    if group.level.replicas in safety.breaking:
        return
    if not safety.breaking:
        message = (
            "No split of the hosts loses acknowledged writes, because no side without the primary ever fails over."
        )
    else:
        lower = safety.lowest_safe - 1
        message = (
            f"{level_name(safety.lowest_safe)} is the lowest level that is safe against every split of the hosts; "
            f"{level_name(lower)} is broken by {safety.breaking[lower]}."
        )
    yield Problem(named(group.data), message, directive=_asked(group))


@rule(
    "ack-needs-every-replica",
    "info",
    "fact",
    "The level requires every replica, so one that is away stops all acknowledgements.",
)
def ack_needs_every_replica(group: Group) -> Iterator[Problem]:
    """Measured with Redis 7.0.15: with WAIT 2 of 2 replicas nothing is acknowledged any more after the primary's kill."""
    replicas = len(group.replicas)
    if replicas and group.level.replicas >= replicas:
        message = (
            f"{group.level} requires all {replicas} replica(s): nothing is acknowledged while one of them is away."
        )
        yield Problem(named(group.replicas), message, directive=_asked(group))


RULES = (ack_lost_in_split, ack_lost_in_split_later, ack_safe_in_splits, ack_needs_every_replica)
