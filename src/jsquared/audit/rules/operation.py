"""Rules: what servers log, what they let clients take, and whether lines contradict each other."""

from collections.abc import Iterator

from jsquared.analysis.links import memory
from jsquared.audit.audit_rule import AuditProblem, at, audit_rule
from jsquared.audit.evidence import CannotTellError, Evidence, NotApplicableError
from jsquared.deployment.model.spec import DataNode, Node

SINGLE = (
    "acl-pubsub-default", "aclfile", "appendonly", "bind", "dir", "enable-debug-command", "enable-module-command",
    "enable-protected-configs", "loglevel", "masterauth", "masteruser", "maxmemory", "port", "protected-mode", "replica-read-only",
    "requirepass", "tls-auth-clients", "tls-cert-file", "tls-key-file", "tls-port", "tls-protocols", "tls-replication", "unixsocket",
    "unixsocketperm",
)  # fmt: skip
"""Settings of which only the last line counts."""


@audit_rule(
    "O1",
    "low",
    "nodes",
    title="Logs hold data",
    fails_when="`loglevel debug`, or `hide-user-data-from-log no`",
    why="Logs then hold keys, values and arguments.",
    source="redis.conf of both engines",
    fix="loglevel notice; hide-user-data-from-log yes (7.4 and newer)",
    cwe="CWE-532",
    reads="loglevel, hide-user-data-from-log",
)
def data_in_logs(evidence: Evidence, node: Node) -> Iterator[AuditProblem]:
    """hide-user-data-from-log came with 7.4; a server of before has no such setting."""
    if evidence.value(node, "loglevel", "notice").lower() == "debug":
        yield at(
            evidence.line(node, "loglevel"), f"{node.name} logs at level debug.", key="loglevel", fix="loglevel notice"
        )
    if isinstance(node, DataNode) and evidence.value(node, "hide-user-data-from-log", "").lower() == "no":
        line = evidence.line(node, "hide-user-data-from-log")
        yield at(
            line,
            f"{node.name} may log what clients store.",
            key="hide-user-data-from-log",
            fix="hide-user-data-from-log yes",
        )


def _unlimited_clients(evidence: Evidence, node: DataNode) -> bool:
    evidence.require(node, "client-output-buffer-limit")
    for line in reversed(node.all("client-output-buffer-limit")):
        words = line.arguments
        for start in range(0, len(words) - 3, 4):
            if words[start].lower() == "normal":
                return all(memory(word) in (0, None) for word in words[start + 1 : start + 3])
    return True


@audit_rule(
    "O2",
    "medium",
    "data",
    title="Memory without limits",
    fails_when="`maxmemory` is 0, or output buffers of normal clients are unlimited",
    why="One client that does not read its replies, even without logging in, fills the memory of the machine.",
    source="CVE-2025-21605; STIG SV-251183",
    fix="maxmemory, and client-output-buffer-limit normal 256mb 64mb 60",
    cwe="CWE-770",
    reads="maxmemory, client-output-buffer-limit",
)
def unlimited_memory(evidence: Evidence, node: DataNode) -> Iterator[AuditProblem]:
    """Both are unlimited by default."""
    if memory(evidence.value(node, "maxmemory", "0")) in (0, None):
        yield at(
            evidence.line(node, "maxmemory"),
            f"{node.name} takes all memory of its machine.",
            key="maxmemory",
            fix="maxmemory",
        )
    if _unlimited_clients(evidence, node):
        line = evidence.line(node, "client-output-buffer-limit")
        fix = "client-output-buffer-limit normal 256mb 64mb 60"
        yield at(
            line, f"{node.name} keeps any amount of replies for a client.", key="client-output-buffer-limit", fix=fix
        )


@audit_rule(
    "O3",
    "medium",
    "nodes",
    title="Refused logins",
    fails_when="ACL LOG has failed logins",
    why="Somebody guesses passwords, or a client has an old one.",
    source="Redis documentation (ACL LOG)",
    fix="find out who it is by ACL LOG, then ACL LOG RESET",
    cwe="CWE-307",
    reads="ACL LOG",
    known_from=("live",),
)
def refused_logins(evidence: Evidence, node: Node) -> AuditProblem | None:
    """Entries with the reason ``auth``; counts of these are in the entries."""
    count = evidence.facts_of(node).failed_logins
    if count is None:
        raise CannotTellError(f"{node.name} does not tell its ACL LOG")
    return AuditProblem(message=f"{node.name} has refused logins.") if count else None


@audit_rule(
    "O4",
    "medium",
    "nodes",
    title="Lines that contradict each other",
    fails_when="A setting stands twice with different values, of which the last counts",
    why="Who reads the first line believes in a setting that is not in force.",
    source="Measured with Redis 7.0.15",
    fix="one line alone",
    cwe="CWE-1188",
    reads="files",
    known_from=("files",),
)
def contradicting_lines(evidence: Evidence, node: Node) -> Iterator[AuditProblem]:
    """A file's own lines, its includes with them."""
    if evidence.is_live:
        raise NotApplicableError("only files tell lines that are not in force")
    for key in SINGLE:
        lines = node.all(key)
        if len({line.arguments for line in lines}) > 1:
            yield at(lines[-1], f"{node.name} has {len(lines)} different lines of {key}, and the last counts.", key=key)


RULES = (data_in_logs, unlimited_memory, refused_logins, contradicting_lines)
