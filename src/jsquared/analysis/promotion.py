"""Rules: which replicas can be promoted, and in which order."""

from collections.abc import Iterator

from jsquared.analysis.group import DEFAULT_PRIORITY, Group, priority, whole
from jsquared.analysis.rule import Problem, of_nodes, rule


@rule(
    "no-promotable-replica",
    "critical",
    "violated",
    "No replica may be promoted, so there is never a failover.",
    "primary-crash",
)
def no_promotable_replica(group: Group) -> Iterator[Problem]:
    """sentinelSelectSlave in sentinel.c skips priority 0; a replica with replica-announced no is not even known."""
    if group.replicas and not any(priority(node) for node in group.replicas):
        barred = [node for node in group.replicas if whole(node, "replica-priority", DEFAULT_PRIORITY) == 0]
        key, default, value = ("replica-priority", "100", "100") if barred else ("replica-announced", "yes", "yes")
        message = "No replica may be promoted: every failover ends with -failover-abort-no-good-slave."
        effect = "the Sentinels can promote these replicas, so a failover can complete"
        yield of_nodes(group, barred or list(group.replicas), key, default, message, value=value, effect=effect)


@rule("some-never-promoted", "info", "fact", "Some data nodes are never promoted.")
def some_never_promoted(group: Group) -> Iterator[Problem]:
    """As no-promotable-replica; a confirmation from such a replica keeps no write over a failover."""
    never = [node for node in group.data if not priority(node)]
    if never and any(priority(node) for node in group.replicas):
        message = (
            "These nodes are never promoted: their confirmation of a write does not preserve it across a failover."
        )
        yield of_nodes(group, never, "replica-priority", "100", message, value="100")


@rule(
    "priorities-differ",
    "high",
    "warning",
    "Replicas have different priorities: the better priority beats the longer history.",
    "priority-beats-data",
)
def priorities_differ(group: Group) -> Iterator[Problem]:
    """compareSlavesForPromotion in sentinel.c; measured with Redis 7.0.15: an empty replica of better priority beats a full one."""
    promotable = [node for node in group.data if priority(node)]
    if len({priority(node) for node in promotable}) > 1:
        uneven = [node for node in promotable if priority(node) != DEFAULT_PRIORITY]
        message = (
            "The replica with the best priority is promoted even if it is behind or "
            "empty: writes that only others have are lost."
        )
        effect = "the replica that has received most is promoted"
        yield of_nodes(group, uneven, "replica-priority", "100", message, value="100", effect=effect)


RULES = (no_promotable_replica, some_never_promoted, priorities_differ)
