"""Rules: TLS: whether both ends of every link speak it, have what it takes, and trust each other."""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import replace

from jsquared.analysis.certificates import Shown, shown_by, trusts
from jsquared.analysis.group import Group
from jsquared.analysis.rule import Problem, named, of_nodes, rule, written
from jsquared.deployment.model.directives import Directive, is_users
from jsquared.deployment.model.spec import Node


def _speaks_tls(node: Node) -> bool:
    return node.is_on("tls-replication")


@rule(
    "tls-replication-differs",
    "critical",
    "violated",
    "Some nodes use TLS to connect to others and some do not, on the same ports.",
    "tls-mismatch",
)
def tls_replication_differs(group: Group) -> Iterator[Problem]:
    """replication.c and sentinel.c: with tls-replication every link to a data node is TLS, and a replica announces its TLS port."""
    speaking = [node for node in group.nodes if _speaks_tls(node)]
    silent = [node for node in group.nodes if not _speaks_tls(node)]
    if speaking and silent:
        equipped = any(node.value("tls-cert-file") for node in speaking)
        which = "these do not" if equipped else "others do not, and these have no certificate for it"
        message = (
            f"Some replicas and Sentinels use TLS and {which}: any port of a primary refuses one of the "
            "two, so after a failover, if not before, links stay down."
        )
        nodes, value = (silent, "yes") if equipped else (speaking, "no")
        yield of_nodes(group, nodes, "tls-replication", "no", message, value=value)


@rule(
    "tls-port-only",
    "critical",
    "violated",
    "Data nodes listen only with TLS, but replicas and Sentinels do not use it.",
    "tls-mismatch",
)
def tls_port_only(group: Group) -> Iterator[Problem]:
    """tls-replication is off by default in both engines, also for Sentinels."""
    nodes = [node for node in group.data if node.value("port") == "0" and node.value("tls-port", "0") != "0"]
    silent = [node for node in group.nodes if not _speaks_tls(node)]
    if nodes and len(silent) == len(group.nodes):
        message = (
            "The only port uses TLS, but replicas and Sentinels connect without it: they all consider every node down."
        )
        yield of_nodes(group, silent, "tls-replication", "no", message, value="yes")


@rule(
    "tls-replication-without-port",
    "critical",
    "violated",
    "A node uses TLS to connect to others but has no TLS port, so none of them can reach it.",
    "tls-mismatch",
)
def tls_replication_without_port(group: Group) -> Iterator[Problem]:
    """With tls-replication every link between servers is TLS, also that of one Sentinel to another (instanceLinkConnect in sentinel.c)."""
    nodes = [node for node in group.nodes if _speaks_tls(node) and node.value("tls-port", "0") == "0"]
    if nodes:
        message = (
            "Replicas and Sentinels use TLS with each other, but these have no port "
            "for it: no node can reach, follow or promote such a data node, or ask such a Sentinel."
        )
        problem = of_nodes(group, nodes, "tls-port", "0", message)
        yield replace(problem, fix="tls-port with the port that the others connect to, and port 0 or another one")


@rule(
    "tls-wrong-port",
    "critical",
    "violated",
    "A link uses TLS on a plain port, or no TLS on a TLS port.",
    "tls-mismatch",
)
def tls_wrong_port(group: Group) -> Iterator[Problem]:
    """replication.c and sentinel.c connect to the port as written, with TLS where tls-replication says yes."""
    nodes: list[Node] = []
    lines: list[Directive] = []
    links: list[tuple[Node, Directive | None, int]] = [(node, node.find("replicaof"), 1) for node in group.replicas]
    links += [(node, node.monitor(group.master), 2) for node in group.sentinels]
    for node, line, at in links:
        if line and is_users(line) and len(line.arguments) > at and _is_wrong(line.arguments[at], node, group.primary):
            nodes.append(node)
            lines.append(line)
    if nodes:
        message = "These links use TLS on a plain port, or no TLS on a TLS port: neither side understands the other."
        yield Problem(named(nodes), message, written(lines), fix="the port that fits tls-replication")


def _is_wrong(port: str, node: Node, primary: Node) -> bool:
    """True if a node speaks to that port of the primary as it must not, and there is one to which it could."""
    right = primary.tls_port if _speaks_tls(node) else primary.plain_port
    return right != 0 and (port == str(primary.tls_port)) != _speaks_tls(node)


def _uses_tls(node: Node) -> bool:
    return _speaks_tls(node) or node.value("tls-port", "0") != "0"


def _asks_for_certificates(node: Node) -> bool:
    return node.value("tls-auth-clients", "yes").lower() != "no"


@rule(
    "tls-incomplete",
    "critical",
    "violated",
    "A node uses TLS without a certificate, a key or an authority to trust, so it does not start.",
    "tls-mismatch",
)
def tls_incomplete(group: Group) -> Iterator[Problem]:
    """tlsConfigure in tls.c: "No tls-cert-file configured!" and the like, and the server ends."""
    nodes = [node for node in group.nodes if _uses_tls(node)]
    message = "A server that uses TLS does not start without {}: no replica, Sentinel or client reaches these nodes."
    for key, what in (("tls-cert-file", "a certificate"), ("tls-key-file", "the key of its certificate")):
        lacking = [node for node in nodes if not node.value(key)]
        if lacking:
            yield replace(of_nodes(group, lacking, key, "(none)", message.format(what)), fix=f"{key} with its path")
    lacking = [
        node
        for node in nodes
        if (_speaks_tls(node) or _asks_for_certificates(node))
        and not (node.value("tls-ca-cert-file") or node.value("tls-ca-cert-dir"))
    ]
    if lacking:
        what = "an authority to trust where it replicates or asks for certificates"
        problem = of_nodes(group, lacking, "tls-ca-cert-file", "(none)", message.format(what))
        yield replace(problem, fix="tls-ca-cert-file with the path of the authority that signed the certificates")


def _refusals(shown: Sequence[Shown]) -> list[tuple[Shown, Shown]]:
    """Pairs of nodes of which the first shows the second a certificate that it does not trust."""
    found = []
    for one in shown:
        for other in shown:
            if one is not other and other.authorities:
                chains = [one.server, *([one.client] if _asks_for_certificates(other.node) else [])]
                if not all(trusts(other.authorities, chain) for chain in chains if chain):
                    found.append((one, other))
    return found


@rule(
    "tls-untrusted", "critical", "violated", "A node does not trust the certificates that others show.", "tls-mismatch"
)
def tls_untrusted(group: Group) -> Iterator[Problem]:
    """X.509 as OpenSSL checks it: a chain of signatures up to an authority that the other end has; only where the files are here."""
    shown = [one for node in group.nodes if _uses_tls(node) and (one := shown_by(node, group.deployment))]
    refusals = _refusals(shown)
    # Who trusts hardly anybody has the wrong authority; whom the others do not trust has the wrong certificate.
    odd = [one for one in shown if sum(refuser is one for _, refuser in refusals) * 2 > len(shown) - 1]
    rejected = [one for one in shown if any(a is one and b not in odd for a, b in refusals)]
    if odd:
        key = "tls-ca-cert-file" if odd[0].node.find("tls-ca-cert-file") else "tls-ca-cert-dir"
        message = "These nodes do not trust the authority that signed the certificates of others: their links all fail."
        yield of_nodes(group, [one.node for one in odd], key, "(none)", message)
    if rejected:
        message = "Others do not trust the certificates that these nodes show: every link to and from them fails."
        yield of_nodes(group, [one.node for one in rejected], "tls-cert-file", "(none)", message)


@rule("tls-expired", "critical", "violated", "A certificate has expired, or is not valid yet.", "tls-mismatch")
def tls_expired(group: Group) -> Iterator[Problem]:
    """OpenSSL refuses it at the next handshake; links that stand go on until then. Only where the files are here."""
    now = datetime.datetime.now(datetime.UTC)
    shown = [one for node in group.nodes if _uses_tls(node) and (one := shown_by(node, group.deployment))]
    nodes = [one.node for one in shown if not all(one.is_valid(now))]
    if nodes:
        message = (
            "A certificate of these nodes is outside its validity period: each link fails at its next reconnection, "
            "and all of them at a failover."
        )
        yield of_nodes(group, nodes, "tls-cert-file", "(none)", message)


RULES = (
    tls_replication_differs, tls_port_only, tls_replication_without_port, tls_wrong_port, tls_incomplete, tls_untrusted,
    tls_expired,
)  # fmt: skip
