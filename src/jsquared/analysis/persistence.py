"""Rules: what a restart of a process leaves of the data."""

from collections.abc import Iterator

from jsquared.analysis.group import Group
from jsquared.analysis.rule import Problem, named, of_nodes, rule, together, written
from jsquared.deployment.model.spec import DataNode
from jsquared.deployment.model.storage import sharing_nodes


def takes_snapshots(node: DataNode) -> bool:
    """True if save points are set: the engines' own where no ``save`` line is written; an empty one clears those before it."""
    lines = node.all("save")
    points = not lines
    for line in lines:
        points = bool("".join(line.arguments))
    return points


def _without_log(group: Group, *, snapshots: bool) -> list[DataNode]:
    return [node for node in group.data if not node.is_on("appendonly") and takes_snapshots(node) == snapshots]


APPENDED = "a process that crashes restarts with every write that it had accepted"
"""The kernel has what was written to the append-only file, whatever appendfsync says; a power cut costs about 2 s with everysec."""


@rule(
    "no-persistence",
    "critical",
    "violated",
    "Data nodes keep no data across a restart: one that returns empty empties its replicas.",
    "fast-empty-restart",
    "only-replica-left-empty",
    "priority-beats-data",
)
def no_persistence(group: Group) -> Iterator[Problem]:
    """Measured with Redis 7.0.15: a fast restart of the primary left all 3 nodes at 0 keys within 6 s, whatever WAIT had returned."""
    nodes = _without_log(group, snapshots=False)
    if nodes:
        message = (
            "Without an append-only file or snapshots a node restarts empty: "
            "a primary that is back before Sentinel notices empties its replicas, and an empty replica can be promoted."
        )
        effect = f"{APPENDED}, instead of empty"
        yield of_nodes(group, nodes, "appendonly", "no", message, value="yes", effect=effect)


@rule(
    "snapshots-only",
    "high",
    "violated",
    "Data nodes restart from the last snapshot, and their replicas roll back with them.",
    "fast-empty-restart",
    "only-replica-left-empty",
)
def snapshots_only(group: Group) -> Iterator[Problem]:
    """As no-persistence, back to the last snapshot instead of to nothing (measured with Redis 7.0.15)."""
    nodes = _without_log(group, snapshots=True)
    if nodes:
        message = (
            "Without an append-only file a node restarts from its last snapshot: a primary that is back before Sentinel "
            "notices rolls its replicas back too, and writes acknowledged since are lost."
        )
        effect = f"{APPENDED}, instead of its last snapshot"
        yield of_nodes(group, nodes, "appendonly", "no", message, value="yes", effect=effect)


@rule(
    "append-only-on-some",
    "medium",
    "warning",
    "Some data nodes have an append-only file and others do not.",
    "only-replica-left-empty",
)
def append_only_on_some(group: Group) -> Iterator[Problem]:
    """Any of them may be the primary, or the only one left, when processes restart."""
    without = [node for node in group.data if not node.is_on("appendonly")]
    if 0 < len(without) < len(group.data):
        message = (
            "The append-only file is on for other nodes and off here: which data survives a restart depends on which "
            "node is the primary."
        )
        yield of_nodes(group, without, "appendonly", "no", message, value="yes", effect=APPENDED)


def _fsync(group: Group, value: str) -> list[DataNode]:
    return [
        node
        for node in group.data
        if node.is_on("appendonly") and node.value("appendfsync", "everysec").lower() == value
    ]


@rule("appendfsync-no", "medium", "warning", "The kernel alone decides when acknowledged writes reach the disk.")
def appendfsync_no(group: Group) -> Iterator[Problem]:
    """The append-only file is written but not synced; Linux writes back after about 30 s."""
    nodes = _fsync(group, "no")
    if nodes:
        message = "With appendfsync no, a power loss costs about the last 30 s, everysec about 2 s."
        yield of_nodes(group, nodes, "appendfsync", "everysec", message, value="everysec")


@rule("appendfsync-always", "info", "fact", "Every write waits for the disk.", "fork-or-fsync-stall")
def appendfsync_always(group: Group) -> Iterator[Problem]:
    """Safe for a restart in place; a failover still loses what was not replicated."""
    nodes = _fsync(group, "always")
    if nodes:
        message = (
            "With appendfsync always each write waits for the disk, so a slow disk stalls the primary; "
            "a failover still loses what was not replicated."
        )
        yield of_nodes(group, nodes, "appendfsync", "everysec", message)


@rule("no-fsync-during-rewrite", "info", "fact", "While the append-only file is rewritten, nothing is synced.")
def no_fsync_during_rewrite(group: Group) -> Iterator[Problem]:
    """redis.conf of every version: as durable as appendfsync no for that long."""
    nodes = [node for node in group.data if node.is_on("appendonly") and node.is_on("no-appendfsync-on-rewrite")]
    if nodes:
        message = "While an append-only file is rewritten nothing is synced: a power loss then costs up to about 30 s."
        yield of_nodes(group, nodes, "no-appendfsync-on-rewrite", "no", message, value="no")


@rule("waitaof-without-log", "critical", "violated", "Clients wait for the disks of nodes without an append-only file.")
def waitaof_without_log(group: Group) -> Iterator[Problem]:
    """WAITAOF counts only replicas with appendonly yes, and is an error where the primary has none (replication.c of 7.2)."""
    level = group.level
    if level.mode != "waitaof":
        return
    without = [node for node in group.data if not node.is_on("appendonly")]
    logs = len(group.data) - len(without)
    if without and (level.local or logs - 1 < level.replicas):
        message = f"{level} can only be confirmed from append-only files: with one of these nodes as the primary this never happens."
        yield of_nodes(group, without, "appendonly", "no", message, value="yes")


@rule(
    "storage-shared",
    "critical",
    "violated",
    "Several data nodes keep their data in the same files, and overwrite each other's.",
    "fast-empty-restart",
    "only-replica-left-empty",
)
def storage_shared(group: Group) -> Iterator[Problem]:
    """Neither engine locks its folder: rdbSave in rdb.c renames over what is there, and append-only files are opened by name (aof.c)."""
    for nodes in sharing_nodes(group.deployment):
        mine = [node for node in nodes if node in group.data]
        if mine:
            volume = group.deployment.host_names.storage.get(mine[0].host, "")
            lines = [line for node in nodes if (line := node.find("dir"))]
            yield Problem(
                target=named(nodes),
                lines=() if volume else written(lines),
                directive=f"volume {volume}" if volume else "",
                where=together(node.source.place for node in nodes) if volume else "",
                message=f"{named(nodes)} write the same files: each overwrites the other's data, and a restart loads a mixture.",
                fix="a volume or folder for each of them",
            )


RULES = (
    storage_shared,
    no_persistence,
    snapshots_only,
    append_only_on_some,
    appendfsync_no,
    appendfsync_always,
    no_fsync_during_rewrite,
    waitaof_without_log,
)
