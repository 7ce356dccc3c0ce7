"""Rules: ``min-replicas-to-write`` and ``min-replicas-max-lag``, which bound what a lonely primary accepts."""

from collections.abc import Iterator

from jsquared.analysis.group import Group, whole
from jsquared.analysis.rule import Problem, of_nodes, rule
from jsquared.deployment.model.spec import DataNode
from jsquared.text import counted

KEY, LAG = "min-replicas-to-write", "min-replicas-max-lag"
DEFAULT_LAG_S = 10


def _least(node: DataNode) -> int:
    """How many replicas a node asks for; a lag of 0 turns the check off."""
    return whole(node, KEY, 0) if whole(node, LAG, DEFAULT_LAG_S) else 0


def _accepted_with(replicas: int) -> str:
    return f"writes are accepted while {counted(replicas, 'replica')} or more are attached"


@rule(
    "min-replicas-above-replicas",
    "critical",
    "violated",
    "min-replicas-to-write is larger than the number of replicas: no write is ever accepted.",
    "min-replicas-equals-replicas",
)
def min_replicas_above_replicas(group: Group) -> Iterator[Problem]:
    """Any data node has at most the other data nodes as replicas."""
    nodes = [node for node in group.data if _least(node) > len(group.replicas)]
    if nodes:
        message = f"There are {len(group.replicas)} replica(s): a primary that requires more answers every write with NOREPLICAS."
        value = min(1, len(group.replicas))
        effect = _accepted_with(value) if value else "writes are accepted"
        yield of_nodes(group, nodes, KEY, "0", message, value=str(value), effect=effect)


@rule(
    "min-replicas-all",
    "high",
    "violated",
    "min-replicas-to-write requires every replica: no write is accepted after a failover until the old primary is back.",
    "min-replicas-equals-replicas",
)
def min_replicas_all(group: Group) -> Iterator[Problem]:
    """Measured with Redis 7.0.15: NOREPLICAS until the old primary is back."""
    replicas = len(group.replicas)
    nodes = [node for node in group.data if _least(node) == replicas]
    if nodes and replicas > 1 and group.level.replicas < replicas:
        message = (
            f"Writes are accepted only while all {replicas} replicas are attached: when one is away, or after any failover, "
            "writes get NOREPLICAS until every host is back."
        )
        value = max(1, group.level.replicas)
        yield of_nodes(group, nodes, KEY, "0", message, value=str(value), effect=_accepted_with(value))


@rule(
    "min-replicas-needs-every-replica",
    "info",
    "fact",
    "Writes are refused while a replica is away, as the acknowledgement level requires anyway.",
    "min-replicas-equals-replicas",
)
def min_replicas_needs_every_replica(group: Group) -> Iterator[Problem]:
    """As min-replicas-all, where the level or the number of replicas leaves no choice."""
    replicas = len(group.replicas)
    nodes = [node for node in group.data if _least(node) == replicas]
    if nodes and replicas and (replicas == 1 or group.level.replicas >= replicas):
        message = f"With {replicas} replica(s), all of them required, writes are refused while one is away, such as after a failover."
        yield of_nodes(group, nodes, KEY, "0", message)


@rule(
    "min-replicas-off",
    "high",
    "warning",
    "An isolated primary accepts writes indefinitely, and clients count them as acknowledged.",
    "primary-and-client-isolated",
)
def min_replicas_off(group: Group) -> Iterator[Problem]:
    """Nothing but min-replicas-to-write makes an isolated primary refuse writes."""
    nodes = [node for node in group.data if not _least(node)]
    if nodes and group.replicas and not group.level.replicas:
        message = (
            "If cut off together with a client, the primary keeps acknowledging indefinitely, and all these writes "
            "are lost when the cut heals."
        )
        effect = "a primary that is cut off refuses writes once no replica has answered for min-replicas-max-lag"
        yield of_nodes(group, nodes, KEY, "0", message, value="1", effect=effect)


@rule(
    "min-replicas-off-unconfirmed",
    "info",
    "fact",
    "An isolated primary accepts writes indefinitely, which clients never see confirmed.",
    "primary-and-client-isolated",
)
def min_replicas_off_unconfirmed(group: Group) -> Iterator[Problem]:
    """As min-replicas-off, with clients that wait for replicas."""
    nodes = [node for node in group.data if not _least(node)]
    if nodes and group.replicas and group.level.replicas:
        message = "A primary that is cut off keeps accepting writes that are discarded when the cut heals; no client sees them confirmed."
        yield of_nodes(group, nodes, KEY, "0", message, value="1")


@rule(
    "min-replicas-lag-zero",
    "medium",
    "warning",
    "min-replicas-max-lag 0 turns min-replicas-to-write off.",
    "primary-and-client-isolated",
)
def min_replicas_lag_zero(group: Group) -> Iterator[Problem]:
    """Both must be above 0 for the check to be done (replication.c and redis.conf of every version)."""
    nodes = [node for node in group.data if whole(node, KEY, 0) and not whole(node, LAG, DEFAULT_LAG_S)]
    if nodes:
        message = "A lag of 0 turns the check off, so a primary without replicas accepts every write."
        yield of_nodes(group, nodes, LAG, str(DEFAULT_LAG_S), message, value="3")


@rule(
    "min-replicas-lag-long",
    "medium",
    "warning",
    "An isolated primary still accepts writes after the next one has been promoted.",
    "primary-and-client-isolated",
)
def min_replicas_lag_long(group: Group) -> Iterator[Problem]:
    """Measured with Redis 7.0.15: an isolated primary accepts writes for the lag and up to 1 s more."""
    down_after_ms = group.monitored.down_after_ms
    nodes = [n for n in group.data if _least(n) and whole(n, LAG, DEFAULT_LAG_S) * 1000 > down_after_ms]
    if nodes:
        message = (
            f"A primary that is cut off accepts writes for the lag and 1 s more, and another is promoted after {down_after_ms / 1000:g} s: "
            "two primaries accept writes at the same time."
        )
        value = str(max(1, down_after_ms // 1000))
        yield of_nodes(group, nodes, LAG, str(DEFAULT_LAG_S), message, value=value)


RULES = (
    min_replicas_above_replicas, min_replicas_all, min_replicas_needs_every_replica, min_replicas_off, min_replicas_off_unconfirmed,
    min_replicas_lag_zero, min_replicas_lag_long,
)  # fmt: skip
