"""Rules: does every replica follow the primary, and does every Sentinel monitor it?"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from jsquared.analysis.group import Group
from jsquared.analysis.rule import Problem, named, of_nodes, rule, together, written
from jsquared.deployment.model.addresses import port_of
from jsquared.deployment.model.spec import DataNode, MisdirectedLine, SentinelNode
from jsquared.text import listed


def _right_address(group: Group) -> str:
    """Address and port of the primary, as the Sentinels that monitor it, else the replicas that follow it, write them."""
    monitors = [line for node in group.sentinels if not _astray(group, node) and (line := node.monitor(group.master))]
    followers = [
        node for node in group.replicas if node.replica_of == group.monitored.host and not _astray(group, node)
    ]
    followed = [line for node in followers if (line := node.find("replicaof"))]
    addresses = [
        *(line.arguments[1] for line in monitors),
        *(line.arguments[0] for line in followed),
        group.primary.host,
    ]
    return f"{addresses[0]} {port_of(group.primary)}"


def _astray(group: Group, node: DataNode | SentinelNode) -> MisdirectedLine | None:
    return group.deployment.astray_at(node.name, group.master)


def _closed(group: Group, host: str, port: int) -> str:
    """``port 6380 of n1, which listens on 6379``."""
    target = group.deployment.data_on(host)
    own = listed([str(open_) for open_ in (target.plain_port, target.tls_port) if open_]) or "none"
    return f"port {port} of {host}, which listens on {own}"


def _of_replicas(group: Group, nodes: Sequence[DataNode], message: str) -> Problem:
    problem = of_nodes(group, nodes, "replicaof", "(none)", message)
    return replace(problem, fix=f"replicaof {_right_address(group)}", fix_is_line=True)


@rule(
    "replicaof-missing",
    "critical",
    "violated",
    "A data node neither replicates nor is monitored: a second primary without any of the writes.",
)
def replicaof_missing(group: Group) -> Iterator[Problem]:
    """Sentinels learn replicas from the primary's INFO (sentinelRefreshInstanceInfo in sentinel.c): this one they never hear of."""
    nodes = [node for node in group.data if node.role == "primary" and node is not group.primary]
    if nodes:
        message = (
            f"{named(nodes)} replicates from no server and is not monitored: a primary beside {group.primary.name} "
            "that gets none of its writes and that no Sentinel would ever promote."
        )
        yield _of_replicas(group, nodes, message)


@rule(
    "replicaof-astray",
    "critical",
    "violated",
    "A replica follows another replica, or a port that its primary does not listen on.",
)
def replicaof_astray(group: Group) -> Iterator[Problem]:
    """As above; and a link that is refused is tried again forever (replicationCron in replication.c)."""
    for node in group.data:
        astray = _astray(group, node)
        if astray and astray.host == node.host and not astray.port:
            message = f"{node.name} replicates from itself, since a loopback address is each host itself: it never gets anything."
        elif astray:
            message = f"{node.name} replicates from {_closed(group, astray.host, astray.port)}: it never gets anything."
        elif node.replica_of and node.replica_of != group.monitored.host:
            message = (
                f"{node.name} replicates from {node.replica_of}, which is a replica: the Sentinels do not see it, "
                "so they neither promote it nor reconfigure it once its own source is gone."
            )
        else:
            continue
        yield _of_replicas(group, [node], message)


@rule(
    "monitor-astray",
    "critical",
    "violated",
    "A Sentinel monitors a node other than the primary, or a port that the primary does not listen on.",
)
def monitor_astray(group: Group) -> Iterator[Problem]:
    """Sentinels ask each other about a primary by its address (sentinelCommand in sentinel.c, is-master-down-by-addr)."""
    wrong: dict[tuple[str, int], list[SentinelNode]] = {}
    for node in group.sentinels:
        if astray := _astray(group, node):
            wrong.setdefault((astray.host, astray.port), []).append(node)
    for (host, port), nodes in wrong.items():
        verb = "monitors" if len(nodes) == 1 else "monitor"
        what = _closed(group, host, port) if port else f"{host}, and the primary is {group.primary.name}"
        alone = "that never agrees with another that the primary is down, and gets no votes"
        together_ = "they agree with each other and replace it as soon as they run, though nothing has failed"
        consequence = together_ if len(nodes) == len(group.sentinels) > 1 and not port else alone
        yield _of_monitor(group, nodes, f"{named(nodes)} {verb} {what}: {consequence}.")


@rule(
    "monitor-missing",
    "critical",
    "violated",
    "A Sentinel does not monitor the primary under the name that the others use.",
)
def monitor_missing(group: Group) -> Iterator[Problem]:
    """Hello messages and clients' questions go by the name (sentinelProcessHelloMessage and sentinelCommand in sentinel.c)."""
    for node in group.deployment.sentinels:
        if node.monitor(group.master) is None and _astray(group, node):
            others = [line.arguments[0] for line in node.all("sentinel monitor")]
            what = f"calls it {', '.join(others)}" if others else "monitors nothing"
            yield _of_monitor(
                group,
                [node],
                f"{node.name} does not monitor {group.master} ({what}): the others never discover it, and its clients find no primary.",
            )


def _of_monitor(group: Group, nodes: Sequence[SentinelNode], message: str) -> Problem:
    own = [[line] if (line := node.monitor(group.master)) else node.all("sentinel monitor") for node in nodes]
    lines = [line for each in own for line in each]
    return Problem(
        named(nodes),
        message,
        written(lines),
        directive="" if lines else "sentinel monitor (none)",
        where="" if lines else together(node.source.place for node in nodes),
        fix=f"sentinel monitor {group.master} {_right_address(group)} {group.majority}",
        fix_is_line=True,
    )


RULES = (replicaof_missing, replicaof_astray, monitor_astray, monitor_missing)
