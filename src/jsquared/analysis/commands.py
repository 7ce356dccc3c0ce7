"""Rules: commands that were renamed or taken away, and names that Sentinel must resolve."""

from collections.abc import Iterator

from jsquared.analysis.group import Group
from jsquared.analysis.rule import Problem, named, rule, written
from jsquared.deployment.model.addresses import ip_of
from jsquared.deployment.model.directives import Directive, is_users
from jsquared.deployment.model.spec import DataNode, SentinelNode

# What sentinel.c sends to data nodes; REPLICAOF is not among it.
_FOR_SENTINEL = ("ping", "info", "slaveof", "config", "client", "publish", "subscribe", "multi", "exec", "auth")
_FOR_REPLICAS = ("ping", "auth", "psync", "replconf")
_NOT_MAPPED = ("multi", "exec")  # sent as they are, whatever sentinel rename-command says


def _renamed(node: DataNode) -> dict[str, tuple[str, Directive]]:
    """Commands in lower case to their new name (empty: taken away) and the line that does it."""
    lines = [line for line in node.all("rename-command") if len(line.arguments) == 2]
    return {line.arguments[0].lower(): (line.arguments[1], line) for line in lines}


def _known_name(group: Group, sentinel: SentinelNode, command: str) -> str:
    """Return the name under which a Sentinel sends a command."""
    if command in _NOT_MAPPED:
        return command
    for line in reversed(sentinel.all("sentinel rename-command")):
        if line.arguments[:1] == (group.master,) and [word.lower() for word in line.arguments[1:2]] == [command]:
            return (*line.arguments, command)[2].lower()
    return command


@rule(
    "renamed-for-sentinel",
    "critical",
    "violated",
    "A command that Sentinel needs is renamed or disabled, and Sentinel does not know the new name.",
    "sentinel-acl-lacks",
)
def renamed_for_sentinel(group: Group) -> Iterator[Problem]:
    """sentinel.c sends SLAVEOF, CONFIG REWRITE and CLIENT KILL in one MULTI: one unknown command discards them all."""
    for command in _FOR_SENTINEL:
        lines = [entry for node in group.data if (entry := _renamed(node).get(command))]
        wrong = [
            (new, line)
            for new, line in lines
            if any(_known_name(group, sentinel, command) != new.lower() for sentinel in group.sentinels)
        ]
        if wrong:
            yield _renamed_problem(group, command, wrong)


def _renamed_problem(group: Group, command: str, wrong: list[tuple[str, Directive]]) -> Problem:
    new, name = wrong[0][0], command.upper()
    can_map = new and command not in _NOT_MAPPED
    what = f"{name} is renamed to {new}" if new else f"{name} is disabled"
    return Problem(
        target=named(node for node in group.data if command in _renamed(node)),
        lines=written(line for _, line in wrong),
        message=f"{what}, and Sentinel sends {name}: it cannot monitor these nodes or make them follow a new primary.",
        fix=f"sentinel rename-command {group.master} {name} {new}" if can_map else f"no rename-command for {name}",
        fix_is_line=bool(can_map),
        try_with=(f"sentinel.rename-command={name} {new}",) if can_map else (),
    )


@rule(
    "renamed-for-replicas",
    "critical",
    "violated",
    "A command that replicas need is renamed or disabled, so nothing replicates.",
    "masterauth-missing",
)
def renamed_for_replicas(group: Group) -> Iterator[Problem]:
    """replication.c sends these by their own names; there is no setting for others."""
    for command in _FOR_REPLICAS:
        lines = [entry[1] for node in group.data if (entry := _renamed(node).get(command))]
        if lines:
            message = (
                f"Replicas send {command.upper()} under this name: if it is renamed they cannot follow these nodes."
            )
            yield Problem(
                named(node for node in group.data if command in _renamed(node)),
                message,
                written(lines),
                fix=f"no rename-command for {command.upper()}",
            )


def _with_hostname(group: Group) -> list[SentinelNode]:
    return [
        node
        for node in group.sentinels
        if (line := node.monitor(group.master)) and is_users(line) and ip_of(line.arguments[1]) is None
    ]


@rule(
    "hostnames-not-resolved",
    "critical",
    "violated",
    "A primary is monitored by name, and Sentinel does not resolve names by default.",
    "slow-resolver",
)
def hostnames_not_resolved(group: Group) -> Iterator[Problem]:
    """sentinelHandleConfiguration in sentinel.c, from 6.2: "Can't resolve instance hostname", and Sentinel does not start."""
    nodes = [node for node in _with_hostname(group) if not node.is_on("sentinel resolve-hostnames")]
    if nodes:
        message = "A Sentinel that monitors a name without resolve-hostnames does not start."
        yield _hostname_problem(group, nodes, message, "resolve-hostnames")


@rule(
    "hostnames-block",
    "info",
    "fact",
    "Sentinel blocks while it resolves names: a slow resolver stalls it.",
    "slow-resolver",
)
def hostnames_block(group: Group) -> Iterator[Problem]:
    """sentinel.c resolves with getaddrinfo in its only thread; 2 s are enough for a TILT."""
    nodes = [node for node in _with_hostname(group) if node.is_on("sentinel resolve-hostnames")]
    if nodes:
        message = "With hostnames a slow resolver stalls the whole Sentinel, and one that takes over 2 s puts it into TILT for 30 s."
        yield _hostname_problem(group, nodes, message, "")


def _hostname_problem(group: Group, nodes: list[SentinelNode], message: str, setting: str) -> Problem:
    return Problem(
        target=named(nodes),
        lines=written(node.monitor(group.master) for node in nodes),
        message=message,
        fix=f"sentinel {setting} yes" if setting else "entries in /etc/hosts, or addresses",
        fix_is_line=bool(setting),
        try_with=(f"sentinel.{setting}=yes",) if setting else (),
    )


RULES = (renamed_for_sentinel, renamed_for_replicas, hostnames_not_resolved, hostnames_block)
