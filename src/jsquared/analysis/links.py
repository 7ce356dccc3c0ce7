"""Rules: replication links: backlog, buffers, memory, and what replicas do while they are alone."""

from collections.abc import Iterator

from jsquared.analysis.group import Group, whole
from jsquared.analysis.rule import Problem, of_nodes, rule
from jsquared.deployment.model.full_copy import copy_delay_s
from jsquared.deployment.model.spec import DataNode
from jsquared.text import whole_number

MIB = 1024 * 1024
_UNITS = {"": 1, "b": 1, "k": 1000, "kb": 1024, "m": 1000**2, "mb": MIB, "g": 1000**3, "gb": 1024 * MIB}
SMALL_BUFFER = 32 * MIB
DEFAULT_BUFFER = "replica 256mb 64mb 60"


def memory(text: str) -> int | None:
    """Bytes of a size as redis.conf has it (``64mb``); None where it is none."""
    digits = text.rstrip("bBkKmMgG")
    unit = _UNITS.get(text[len(digits) :].lower())
    number = whole_number(digits)
    return number * unit if unit and number is not None else None


@rule(
    "backlog-small",
    "info",
    "fact",
    "The replication backlog is small: after a short outage a replica needs a full copy.",
    "backlog-too-small",
)
def backlog_small(group: Group) -> Iterator[Problem]:
    """1 MB by default in Redis, 10 MB in Valkey."""
    default = "10mb" if group.engine and group.engine.name == "valkey" else "1mb"
    sizes = {node: memory(node.value("repl-backlog-size", default)) for node in group.data}
    nodes = [node for node, size in sizes.items() if size is not None and size <= MIB]
    if nodes:
        message = "The backlog holds 1 MB or less: at 1 MB/s of writes a link that is down for over a second causes a full copy."
        yield of_nodes(group, nodes, "repl-backlog-size", default, message, value="64mb")


def _buffer_limit(node: DataNode) -> tuple[str, ...]:
    """The words of the limit for replicas: class, hard limit, soft limit, seconds."""
    for line in reversed(node.all("client-output-buffer-limit")):
        words = line.arguments
        for at in range(0, len(words) - 3, 4):
            if words[at].lower() in ("replica", "slave"):
                return words[at : at + 4]
    return tuple(DEFAULT_BUFFER.split())


@rule(
    "output-buffer-small",
    "medium",
    "warning",
    "The output buffer for replicas is so small that full copies can loop endlessly.",
    "output-buffer-loop",
)
def output_buffer_small(group: Group) -> Iterator[Problem]:
    """checkClientOutputBufferLimits in networking.c: over the limit the replica is dropped and begins again."""
    nodes = []
    for node in group.data:
        limits = [memory(word) for word in _buffer_limit(node)[1:3]]
        if any(limit is not None and 0 < limit < SMALL_BUFFER for limit in limits):
            nodes.append(node)
    if nodes:
        message = "Writes during a full copy wait in this buffer: over the limit the replica is dropped and starts again, endlessly."
        key = "client-output-buffer-limit"
        yield of_nodes(group, nodes, key, DEFAULT_BUFFER, message, value="replica 512mb 256mb 60")


@rule(
    "repl-timeout-short",
    "high",
    "warning",
    "repl-timeout is not longer than the ping period, so idle replication links drop.",
    "primary-dies-mid-sync",
)
def repl_timeout_short(group: Group) -> Iterator[Problem]:
    """redis.conf of every version: repl-timeout must be larger than repl-ping-replica-period."""
    nodes = [
        node for node in group.data if whole(node, "repl-timeout", 60) <= whole(node, "repl-ping-replica-period", 10)
    ]
    if nodes:
        message = "Without writes a replica hears nothing for longer than repl-timeout, and drops a healthy link."
        yield of_nodes(group, nodes, "repl-timeout", "60", message, value="60")


@rule(
    "diskless-load",
    "medium",
    "warning",
    "A replica discards its data before a copy has arrived completely.",
    "primary-dies-mid-sync",
)
def diskless_load(group: Group) -> Iterator[Problem]:
    """repl-diskless-load flush-before-load (Valkey 8 and later) or flushdb: a primary that dies meanwhile leaves it with a part."""
    nodes = [n for n in group.data if n.value("repl-diskless-load").lower() in ("flush-before-load", "flushdb")]
    if nodes:
        message = "If the primary dies during a copy, this replica has neither its old data nor all of the new, and can still be promoted."
        yield of_nodes(group, nodes, "repl-diskless-load", "disabled", message, value="on-empty-db")


@rule(
    "diskless-sync-delay",
    "info",
    "fact",
    "A diskless full copy begins only after a delay.",
    "backlog-too-small",
)
def diskless_sync_delay(group: Group) -> Iterator[Problem]:
    """repl-diskless-sync has been on by default since Redis 7.0, with repl-diskless-sync-delay 5."""
    delays = {node: copy_delay_s(node, group.engine) for node in group.data}
    nodes = [node for node, delay in delays.items() if delay]
    if nodes:
        delay = max(delays.values())
        message = (
            f"A replica that needs a full copy waits up to {delay} s before it begins, and confirms nothing meanwhile: if all remaining "
            "replicas need one, as after the failover of a primary that is still alive, clients that wait for replicas also wait for that."
        )
        yield of_nodes(group, nodes, "repl-diskless-sync-delay", "5", message, value="0")


@rule(
    "writable-replica",
    "high",
    "warning",
    "Replicas accept writes, which are lost with the next copy.",
    "missed-switch-master",
)
def writable_replica(group: Group) -> Iterator[Problem]:
    """A client with a stale address gets OK from a replica instead of READONLY."""
    nodes = [node for node in group.data if node.value("replica-read-only", "yes").lower() == "no"]
    if nodes:
        message = (
            "A client that still has the old address writes to a replica and gets OK; the write reaches no other node."
        )
        yield of_nodes(group, nodes, "replica-read-only", "yes", message, value="yes")


def _evicting(node: DataNode) -> bool:
    limited = memory(node.value("maxmemory", "0")) not in (None, 0)
    return limited and node.value("maxmemory-policy", "noeviction").lower() != "noeviction"


@rule("eviction", "info", "fact", "Acknowledged writes are evicted when memory is full.")
def eviction(group: Group) -> Iterator[Problem]:
    """Eviction deletes keys on purpose, so a missing key is not always a lost write."""
    nodes = [node for node in group.data if _evicting(node)]
    if nodes:
        message = (
            "When maxmemory is reached keys are evicted, including acknowledged ones: this is a cache, not a store."
        )
        yield of_nodes(group, nodes, "maxmemory-policy", "noeviction", message, value="noeviction")


@rule("maxmemory-differs", "medium", "warning", "Data nodes have different maxmemory, so a failover changes what fits.")
def maxmemory_differs(group: Group) -> Iterator[Problem]:
    """Replicas ignore maxmemory until they are promoted (replica-ignore-maxmemory yes)."""
    sizes = {node: memory(node.value("maxmemory", "0")) for node in group.data}
    own = sizes[group.primary]
    nodes = [node for node, size in sizes.items() if size != own]
    if nodes:
        message = "After a failover another maxmemory applies: the new primary may refuse or evict data that the old one kept."
        value = group.primary.value("maxmemory", "0")
        yield of_nodes(group, nodes, "maxmemory", "0", message, value=value)


RULES = (
    backlog_small, output_buffer_small, repl_timeout_short, diskless_load, diskless_sync_delay, writable_replica, eviction,
    maxmemory_differs,
)  # fmt: skip
