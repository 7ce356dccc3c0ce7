"""Rules: can the other machines reach what a node listens on and announces?"""

from collections.abc import Iterator, Mapping

from jsquared.analysis.group import Group
from jsquared.analysis.rule import Problem, named, of_nodes, rule, together, written
from jsquared.deployment.model.addresses import announced_address, announces_line, is_loopback, on_one_machine, port_of
from jsquared.deployment.model.directives import Directive, is_users
from jsquared.deployment.model.spec import DataNode, Node
from jsquared.deployment.model.whereabouts import Whereabouts


def _bound_to_loopback(node: Node) -> bool:
    bind = node.find("bind")
    return bool(bind and bind.arguments and all(is_loopback(word) for word in bind.arguments))


@rule(
    "bind-loopback",
    "critical",
    "violated",
    "A node listens on loopback only, so no other machine reaches it.",
    "primary-unreachable",
)
def bind_loopback(group: Group) -> Iterator[Problem]:
    """The redis.conf that both engines ship has ``bind 127.0.0.1 -::1``."""
    nodes = [node for node in group.nodes if _bound_to_loopback(node)]
    if nodes and len(group.machines) > 1 and not on_one_machine(group.nodes):
        message = "These nodes listen on loopback addresses only: replicas, Sentinels and clients on other hosts cannot reach them."
        yield of_nodes(group, nodes, "bind", "*", message, value="* -::*")


def _address_lines(group: Group) -> list[tuple[Node, Directive, int]]:
    """Every line of the user's that names the address of a data node or announces one, with the place of the address in it."""
    lines: list[tuple[Node, Directive | None, int]] = [
        (node, node.monitor(group.master), 1) for node in group.sentinels
    ]
    for node in group.data:
        lines += [(node, node.find("replicaof"), 0), (node, node.find("replica-announce-ip"), 0)]
    lines += [(node, node.find("sentinel announce-ip"), 0) for node in group.sentinels]
    return [(node, line, at) for node, line, at in lines if line and len(line.arguments) > at and is_users(line)]


def _loopback_lines(group: Group) -> list[tuple[Node, Directive]]:
    return [(node, line) for node, line, at in _address_lines(group) if is_loopback(line.arguments[at])]


def _loopback_problem(lines: list[tuple[Node, Directive]], message: str) -> Problem:
    return Problem(
        target=named(dict.fromkeys(node for node, _ in lines)),
        lines=written(line for _, line in lines),
        message=message,
        fix="the address by which the other hosts reach it",
    )


@rule(
    "loopback-address",
    "critical",
    "violated",
    "A monitored, replicated or announced address is loopback, which is a different machine on each host.",
    "primary-unreachable",
)
def loopback_address(group: Group) -> Iterator[Problem]:
    """Sentinel hands the address out as it is written: to its peers, to replicas and to clients."""
    lines = _loopback_lines(group)
    if lines and len(group.machines) > 1 and not on_one_machine(group.nodes):
        message = (
            "On every host 127.0.0.1 is that host itself: Sentinels watch different servers or none, "
            "and give clients and replicas an address that leads nowhere."
        )
        yield _loopback_problem(lines, message)


@rule(
    "one-machine",
    "high",
    "warning",
    "All addresses are loopback and all ports differ: this runs on one machine and dies with it.",
    "two-sentinels",
)
def one_machine(group: Group) -> Iterator[Problem]:
    """As loopback-address, for what can only be a set-up on one machine."""
    lines = _loopback_lines(group)
    if lines and len(group.machines) > 1 and on_one_machine(group.nodes):
        message = "Loopback addresses and different ports: this is all one machine, and no Sentinel survives its loss."
        yield _loopback_problem(lines, message)


def _asks_no_password(node: Node) -> bool:
    """True if protected mode, where on, has reason to refuse: a default user without a password."""
    users = [line for line in node.all("user") if line.arguments[:1] == ("default",)]
    return not node.value("requirepass") and not users and node.find("aclfile") is None


def _protected(group: Group, node: Node) -> bool:
    """True if protected mode refuses other machines; before 7.0 a ``bind`` line turns it off, in Sentinels it is off by default."""
    engine = group.engine
    old = engine is not None and engine.name == "redis" and engine.version.startswith("6.")
    default = "yes" if isinstance(node, DataNode) else "no"
    refuses = node.value("protected-mode", default).lower() == "yes" and _asks_no_password(node)
    return refuses and not (old and node.find("bind"))


def _protected_nodes(group: Group, *, written: bool) -> list[Node]:
    return [
        node for node in group.nodes if _protected(group, node) and (node.find("protected-mode") is not None) == written
    ]


def _is_native(node: Node) -> bool:
    """True if its own file is a native one, complete as it is; a YAML deployment only says what differs from a plain set-up."""
    return node.source.name.endswith(".conf")


def _protection_problem(group: Group, nodes: list[Node], message: str) -> Iterator[Problem]:
    if nodes and len(group.machines) > 1:
        yield of_nodes(group, nodes, "protected-mode", "yes", message, value="no")


@rule(
    "protected-mode",
    "critical",
    "violated",
    "Protected mode is on and no password is required, so every other machine is refused.",
    "primary-unreachable",
)
def protected_mode(group: Group) -> Iterator[Problem]:
    """acceptCommonHandler in networking.c of both engines: only loopback is served."""
    message = "Protected mode without a password refuses every other machine: replicas and Sentinels get -DENIED."
    return _protection_problem(group, _protected_nodes(group, written=True), message)


@rule(
    "protected-mode-default",
    "high",
    "warning",
    "A redis.conf without protected-mode and without a password: the default refuses every other machine.",
    "primary-unreachable",
)
def protected_mode_default(group: Group) -> Iterator[Problem]:
    """As protected-mode, with the default of both engines; the lab writes ``protected-mode no`` and lists that line."""
    nodes = [node for node in _protected_nodes(group, written=False) if _is_native(node)]
    message = (
        "Without a password and without protected-mode no, a data node refuses every other machine; "
        "the lab had to turn it off, so trials cannot show this."
    )
    return _protection_problem(group, nodes, message)


@rule(
    "protected-mode-unsaid",
    "info",
    "fact",
    "A YAML deployment sets neither protected-mode nor a password; real servers need one of them.",
)
def protected_mode_unsaid(group: Group) -> Iterator[Problem]:
    """As protected-mode-default, if there is no file that could have the line."""
    nodes = [node for node in _protected_nodes(group, written=False) if not _is_native(node)]
    message = "On separate hosts these servers need a password or protected-mode no, which the lab added for them."
    return _protection_problem(group, nodes, message)


def _announced(node: Node) -> tuple[str, str]:
    """Address and port that a node announces, empty where it does not."""
    key = announces_line(node).removesuffix("-ip")
    return announced_address(node), node.value(f"{key}-port", port_of(node))


@rule(
    "port-taken",
    "critical",
    "violated",
    "Two servers listen on one port of one address, so the second does not start.",
)
def port_taken(group: Group) -> Iterator[Problem]:
    """listenToPort in server.c of both engines: "Failed listening on port", and it ends; so on an address of another host."""
    where = Whereabouts(group.deployment)
    for node in group.nodes:
        if (holder := where.holder(node)) is not None:
            lines = [
                line for each in (holder, node) for key in ("bind", "port", "tls-port") if (line := each.find(key))
            ]
            yield Problem(
                named((holder, node)),
                f"{holder.name} and {node.name} listen on port {port_of(node)} of one address: one of them does not start.",
                written(lines),
                directive="" if lines else f"port {port_of(node)} (default)",
                fix="a separate address or port for each",
            )


@rule(
    "announced-twice",
    "critical",
    "violated",
    "Two nodes announce the same address and port, so the Sentinels mistake them for one.",
    "stale-sentinels-counted",
)
def announced_twice(group: Group) -> Iterator[Problem]:
    """Sentinel knows replicas by address and port; of two Sentinels with one address it forgets the first."""
    kinds: tuple[tuple[Node, ...], ...] = (group.data, group.sentinels)
    for nodes in kinds:
        same: dict[tuple[str, str], list[Node]] = {}
        for node in nodes:
            same.setdefault(_announced(node), []).append(node)
        for (ip, port), several in same.items():
            if ip and len(several) > 1:
                key = announces_line(several[0])
                lines = [line for node in several if (line := node.find(key))]
                yield Problem(
                    named(several),
                    f"{named(several)} all announce {ip}:{port}: the others mistake them for one node.",
                    written(lines),
                    fix=f"{key} with each one's own address",
                )


@rule(
    "announces-another-host",
    "critical",
    "violated",
    "A node announces the address of another host, so the others look for it there.",
    "stale-sentinels-counted",
)
def announces_another_host(group: Group) -> Iterator[Problem]:
    """Sentinel calls replicas and other Sentinels at what they announce; measured with Redis 7.0.15: three Sentinels that announce the
    primary's host are NOQUORUM, 1 usable."""
    kinds: tuple[tuple[Node, ...], ...] = (group.data, group.sentinels)
    for nodes in kinds:
        astray = [node for node in nodes if group.claims.announces_another(node)]
        if not astray:
            continue
        lines = [line for node in astray if (line := node.find(announces_line(node)))]
        owners = together(sorted(owner for node in astray for owner in group.claims.announces_another(node)))
        what = (
            "Sentinels never find them there, and never promote them"
            if isinstance(astray[0], DataNode)
            else "no Sentinel there hears that the primary is down, and none votes"
        )
        yield Problem(
            named(astray),
            f"{named(astray)} announce{'s' if len(astray) == 1 else ''} the address of {owners}: the others look there, and {what}.",
            written(lines),
            fix=f"{announces_line(astray[0])} with each one's own address",
        )


def _published(group: Group, node: Node) -> Mapping[int, int]:
    """The ports of the machine that lead to ports of its host."""
    return group.deployment.host_names.published.get(node.host, {})


@rule(
    "announced-port-closed",
    "medium",
    "warning",
    "A node announces a port that it does not listen on: right only behind a port mapping.",
    "primary-unreachable",
)
def announced_port_closed(group: Group) -> Iterator[Problem]:
    """replica-announce-port and sentinel announce-port are for NAT and containers."""
    for node in group.nodes:
        key = "replica-announce-port" if isinstance(node, DataNode) else "sentinel announce-port"
        port, listens = node.value(key, "0"), {port_of(node), node.value("tls-port")}
        mapped = {str(out) for out, inner in _published(group, node).items() if str(inner) in listens}
        if port not in ("0", *listens, *mapped):
            message = (
                f"{node.name} announces port {port} and listens on {port_of(node)}: unless that port is mapped, no "
                "other node reaches it."
            )
            yield Problem(node.name, message, written([node.find(key)]), fix=f"{key} {port_of(node)}", fix_is_line=True)


RULES = (
    bind_loopback,
    loopback_address,
    one_machine,
    protected_mode,
    protected_mode_default,
    protected_mode_unsaid,
    port_taken,
    announced_twice,
    announces_another_host,
    announced_port_closed,
)
