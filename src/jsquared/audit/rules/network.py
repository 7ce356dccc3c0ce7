"""Rules: what a server can be reached by: addresses, protected mode, ports, sockets."""

from jsquared.audit.audit_rule import AuditProblem, at, audit_rule, need
from jsquared.audit.evidence import DEFAULT_USER, Evidence, NotApplicableError
from jsquared.deployment.model.addresses import is_any, is_loopback
from jsquared.deployment.model.spec import DataNode, Node, SentinelNode
from jsquared.text import whole_number

OTHERS_MAY = 0o007


@audit_rule(
    "N1",
    "high",
    "nodes",
    title="Listens on every address",
    fails_when="`bind` is not written, or is `*`, `0.0.0.0` or `::`",
    why="A server that listens everywhere is open to every network that its machine is ever connected to.",
    source="Redis documentation (security); Lynis DBS-1888; STIG SV-251220",
    fix="bind 127.0.0.1 and the private address of this host",
    cwe="CWE-668",
    reads="bind",
)
def every_address(evidence: Evidence, node: Node) -> AuditProblem | None:
    """Both engines listen on all interfaces where no ``bind`` is written, apart from what their shipped redis.conf says."""
    line = evidence.line(node, "bind")
    if line is None:
        return at(line, f"{node.name} has no bind line and listens on every address of its machine.")
    if not line.arguments or any(map(is_any, line.arguments)):
        return at(line, f"{node.name} listens on every address of its machine.")
    return None


@audit_rule(
    "N2",
    "critical",
    "data",
    title="Open to everyone",
    fails_when="`protected-mode no` and the default user needs no password",
    why="Whoever reaches the port can read and delete everything, and change the configuration.",
    source="Redis documentation (security)",
    fix="protected-mode yes, or a password for every user",
    cwe="CWE-306",
    reads="protected-mode, users",
)
def open_to_everyone(evidence: Evidence, node: DataNode) -> AuditProblem | None:
    """Protected mode refuses other machines while the default user has no password."""
    if evidence.value(node, "protected-mode", "yes").lower() != "no":
        return None
    user = evidence.users(node)[DEFAULT_USER]
    if user.on and user.nopass:
        line = evidence.line(node, "protected-mode")
        return at(line, f"{node.name} has protected mode off and asks for no password: whoever reaches it owns it.")
    return None


@audit_rule(
    "N3",
    "medium",
    "nodes",
    title="Plain port beside TLS",
    fails_when="`port` is open where `tls-port` is",
    why="Clients that use the plain port by mistake send passwords and data in the clear.",
    source="Redis documentation (TLS)",
    fix="port 0",
    cwe="CWE-319",
    reads="port, tls-port",
)
def plain_port(evidence: Evidence, node: Node) -> AuditProblem | None:
    """``port 0`` closes the plain one."""
    need(evidence.value(node, "tls-port", "0") not in ("", "0"), "without TLS there is only the plain port (T1)")
    if evidence.value(node, "port", "6379") != "0":
        return at(evidence.line(node, "port"), f"{node.name} also serves without TLS.")
    return None


@audit_rule(
    "N4",
    "medium",
    "data",
    title="Socket open to every local user",
    fails_when="`unixsocketperm` grants anything to others",
    why="Every account of the machine can connect, past bind and firewall.",
    source="CVE-2023-45145",
    fix="unixsocketperm 770",
    cwe="CWE-276",
    reads="unixsocket, unixsocketperm",
)
def open_socket(evidence: Evidence, node: DataNode) -> AuditProblem | None:
    """The mode is octal; 0 leaves it to the umask."""
    need(evidence.value(node, "unixsocket"), "there is no socket")
    mode = evidence.value(node, "unixsocketperm", "0")
    bits = int(mode, 8) if len(mode) <= 6 and set(mode) <= set("01234567") and mode else 0
    if bits & OTHERS_MAY:
        return at(
            evidence.line(node, "unixsocketperm"), f"Every user of the machine may use the socket of {node.name}."
        )
    return None


@audit_rule(
    "S14",
    "critical",
    "sentinels",
    title="Sentinel open to everyone",
    fails_when="A Sentinel can be reached from other machines, has no protected mode and asks for no password",
    why="Whoever reaches a Sentinel can fail over, redirect clients, and run its scripts; it ships like this.",
    source="sentinel.conf of both engines: protected mode is off by default",
    fix="bind to a private address, and requirepass or users",
    cwe="CWE-306",
    reads="bind, protected-mode, users",
)
def open_sentinel(evidence: Evidence, node: SentinelNode) -> AuditProblem | None:
    """A Sentinel in protected mode refuses other machines, so one that was reached from another has none."""
    user = evidence.users(node)[DEFAULT_USER]
    if not (user.on and user.nopass and evidence.listens_outside(node)):
        return None
    was_reached = evidence.is_live and not is_loopback(evidence.facts_of(node).address)
    if not was_reached and evidence.value(node, "protected-mode", "no").lower() == "yes":
        return None
    line = None if evidence.is_live else evidence.line(node, "bind")
    return at(line, f"{node.name} takes commands from everyone who reaches it, without a password.")


@audit_rule(
    "S13",
    "medium",
    "sentinels",
    title="Announced addresses do not fit",
    fails_when="Behind published ports no address is announced, or some Sentinels monitor by name and others by address",
    why="Sentinels hand out addresses that lead nowhere outside, or mistake one node for two.",
    source="Redis documentation (Sentinel, Docker and NAT; IP addresses and DNS names)",
    fix="sentinel announce-ip and announce-port, or resolve-hostnames and announce-hostnames everywhere",
    cwe="CWE-1188",
    reads="sentinel monitor, sentinel announce-ip, published ports",
    known_from=("files",),
)
def unfit_addresses(evidence: Evidence, node: SentinelNode) -> AuditProblem | None:
    """A published port is one that a container engine maps to another address."""
    if evidence.is_live:
        raise NotApplicableError("only files tell what is announced")
    published = evidence.deployment.host_names.published.get(node.host, {})
    if any(whole_number(str(out)) for out in published) and not evidence.value(node, "sentinel announce-ip"):
        return at(
            evidence.line(node, "port"),
            f"{node.name} is behind published ports and announces no address.",
            key="announce-ip",
        )
    resolving = {other.is_on("sentinel resolve-hostnames") for other in evidence.sentinels}
    if len(resolving) > 1 and not node.is_on("sentinel resolve-hostnames"):
        return at(
            evidence.line(node, "sentinel resolve-hostnames"),
            f"Other Sentinels resolve host names, and {node.name} does not.",
            key="resolve-hostnames",
            fix="sentinel resolve-hostnames yes",
        )
    return None


RULES = (every_address, open_to_everyone, plain_port, open_socket, open_sentinel, unfit_addresses)
