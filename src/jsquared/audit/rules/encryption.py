"""Rules: TLS: whether links are encrypted, with what, and who is let in."""

from collections.abc import Iterator

from jsquared.audit.audit_rule import AuditProblem, at, audit_rule, need
from jsquared.audit.certificate_files import certificate_of_files, key_file_of
from jsquared.audit.evidence import CannotTellError, CertificateFacts, Evidence, NotApplicableError
from jsquared.audit.file_modes import mode_of, readable_by_others
from jsquared.deployment.model.addresses import bound_addresses, ip_of
from jsquared.deployment.model.spec import DataNode, Node, SentinelNode
from jsquared.deployment.read.load import is_shipped

LEAST_DAYS = 30
OLD = ("tlsv1", "tlsv1.0", "tlsv1.1")


@audit_rule(
    "T1",
    "high",
    "nodes",
    title="Not encrypted",
    fails_when="A server can be reached from other machines and has no port with TLS",
    why="Passwords and data cross the network in the clear.",
    source="STIG SV-251248; Redis documentation (TLS)",
    fix="tls-port, tls-cert-file, tls-key-file and tls-ca-cert-file",
    cwe="CWE-319",
    reads="bind, tls-port",
)
def not_encrypted(evidence: Evidence, node: Node) -> AuditProblem | None:
    """A server on loopback alone has no network between it and its clients."""
    if not evidence.speaks_tls(node) and evidence.listens_outside(node):
        line = None if evidence.is_live else evidence.line(node, "port")
        return at(line, f"{node.name} serves other machines without TLS.")
    return None


@audit_rule(
    "T2",
    "medium",
    "nodes",
    title="Clients need no certificate",
    fails_when="`tls-auth-clients` is `no` or `optional`",
    why="A stolen password is then enough, from any machine.",
    source="Redis documentation (TLS); measured with Redis 7.0.15",
    fix="tls-auth-clients yes",
    cwe="CWE-295",
    reads="tls-auth-clients",
)
def no_client_certificates(evidence: Evidence, node: Node) -> AuditProblem | None:
    """``yes`` is the default."""
    need(evidence.speaks_tls(node), "it does not use TLS (T1)")
    if evidence.value(node, "tls-auth-clients", "yes").lower() in ("no", "optional"):
        return at(evidence.line(node, "tls-auth-clients"), f"{node.name} takes clients without a certificate.")
    return None


@audit_rule(
    "T3",
    "high",
    "nodes",
    title="Old versions of TLS",
    fails_when="`tls-protocols` has TLS 1.0 or 1.1",
    why="Both are broken, and withdrawn by RFC 8996.",
    source="redis.conf of both engines",
    fix='tls-protocols "TLSv1.2 TLSv1.3"',
    cwe="CWE-327",
    reads="tls-protocols",
)
def old_protocols(evidence: Evidence, node: Node) -> AuditProblem | None:
    """Not written means 1.2 and 1.3."""
    need(evidence.speaks_tls(node), "it does not use TLS (T1)")
    evidence.require(node, "tls-protocols")
    line = node.find("tls-protocols")
    words = " ".join(line.arguments).lower().split() if line else []
    if any(word in OLD for word in words):
        return at(line, f"{node.name} speaks old versions of TLS.")
    return None


@audit_rule(
    "R4",
    "high",
    "data",
    title="Replication without TLS",
    fails_when="A data node has a `tls-port` and `tls-replication` is not `yes`",
    why="Its link to a primary is in the clear, or is down where the primary serves only TLS.",
    source="Measured with Redis 7.0.15; rules tls-replication-differs and tls-port-only of the analysis",
    fix="tls-replication yes",
    cwe="CWE-319",
    reads="tls-port, tls-replication",
)
def plain_replication(evidence: Evidence, node: DataNode) -> AuditProblem | None:
    """``no`` is the default of both engines."""
    need(evidence.value(node, "tls-port", "0") not in ("", "0"), "it does not use TLS (T1)")
    if evidence.value(node, "tls-replication", "no").lower() != "yes":
        return at(evidence.line(node, "tls-replication"), f"{node.name} uses TLS, and follows a primary without it.")
    return None


@audit_rule(
    "S11",
    "high",
    "sentinels",
    title="Sentinel without TLS before nodes with TLS",
    fails_when="Data nodes have a `tls-port` and a Sentinel's `tls-replication` is not `yes`",
    why="It cannot monitor a node that serves only TLS, and sends passwords in the clear to one that serves both.",
    source="Measured with Redis 7.0.15; rules tls-replication-differs and tls-port-only of the analysis",
    fix="tls-replication yes, and the TLS port in sentinel monitor",
    cwe="CWE-319",
    reads="tls-port of data nodes, tls-replication",
    known_from=("files",),
)
def plain_sentinel(evidence: Evidence, node: SentinelNode) -> AuditProblem | None:
    """A Sentinel's tls-replication is about its links to data nodes and other Sentinels."""
    if evidence.is_live:
        raise NotApplicableError("only files tell tls-replication of a Sentinel")
    monitored = [data for data in evidence.data if node.monitor(data.master_name)]
    need(any(data.value("tls-port", "0") not in ("", "0") for data in monitored), "no data node uses TLS (T1)")
    if not node.is_on("tls-replication"):
        return at(node.find("tls-replication"), f"{node.name} speaks without TLS to nodes that use it.")
    return None


def _certificate(evidence: Evidence, node: Node) -> CertificateFacts | None:
    return evidence.facts_of(node).certificate if evidence.is_live else certificate_of_files(node, evidence.deployment)


@audit_rule(
    "T4",
    "high",
    "nodes",
    title="Certificate or key unfit",
    fails_when="A certificate ends within 30 days, is not for the node's address, or its key can be read by others",
    why="Links fail at their next reconnection, all of them at a failover; and whoever has the key is the server.",
    source="STIG SV-251226",
    fix="a new certificate in time, with the node's addresses; 0600 for its key",
    cwe="CWE-295",
    reads="the certificate, the mode of its key",
)
def unfit_certificate(evidence: Evidence, node: Node) -> Iterator[AuditProblem]:
    """From the files where they are here, else as a running server shows it; the key's mode only from files."""
    need(evidence.speaks_tls(node), "it does not use TLS (T1)")
    found = _certificate(evidence, node)
    if found is None and not evidence.is_live and is_shipped(evidence.deployment):
        raise NotApplicableError(
            "JSquared makes its certificates when it runs, for a day: only running servers show theirs"
        )
    if found is None:
        raise CannotTellError(f"the certificate of {node.name} cannot be read")
    line = None if evidence.is_live else node.find("tls-cert-file")
    if found.days_left < LEAST_DAYS:
        what = "has ended" if found.days_left < 0 else f"ends within {LEAST_DAYS} days"
        yield at(line, f"The certificate of {node.name} {what}.", key="end", fix="a new certificate")
    own = {evidence.facts_of(node).address} if evidence.is_live else {a for a in bound_addresses(node) if ip_of(a)}
    if found.names and own and not own & found.names:
        yield at(
            line,
            f"The certificate of {node.name} is not for its address.",
            key="names",
            fix="a certificate for its address",
        )
    if not evidence.is_live:
        yield from _key(evidence, node)


def _key(evidence: Evidence, node: Node) -> Iterator[AuditProblem]:
    key = key_file_of(node, evidence.deployment)
    mode = mode_of(key) if key else None
    if mode is not None and readable_by_others(mode):
        line = node.find("tls-key-file")
        yield at(line, f"Every user can read the key of {node.name}.", key="key", fix="chmod 0600")


RULES = (not_encrypted, no_client_certificates, old_protocols, plain_replication, plain_sentinel, unfit_certificate)
