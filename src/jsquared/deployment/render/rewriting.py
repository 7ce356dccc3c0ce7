"""Rewrites a line of the user's configuration: one rule per directive, each with its reason.

Lines are kept as they were written, unless they cannot hold here: addresses, ports that another server has, folders, and what would
take a server out of the lab's hands (``daemonize``, log files, scripts that act on the user's machines).
"""

from collections.abc import Callable

from jsquared.deployment.model.addresses import is_any
from jsquared.deployment.model.directives import Directive, is_users
from jsquared.deployment.model.host_names import known_spot
from jsquared.deployment.model.references import REPLACED, find_file, names_file, referenced_file
from jsquared.deployment.model.spec import DataNode, MisdirectedLine, Node
from jsquared.deployment.render.rendering_context import Place, Words

RUN_HERE = "the lab starts, watches and ends the server itself"
OTHER_PLACE = "data and sockets are in the node's own folder here"
OTHER_ADDRESS = "hosts have other addresses here"
COPIED = "a copy in the node's own folder replaces the file, which no server reads or writes itself"
OTHER_PORT = "another server has this address and port here"
NO_SCRIPTS = "scripts of your machines do not run here"
ACL_COPY = "users.acl"
THROW_AWAY = "not all certificates and keys can be read here: throw-away ones replace all of them"
NO_MODULE = "the module is not on this machine, or not in a folder that may be read"
NO_CODE = "modules run code, so they are not loaded without --allow-modules"
SEEDED = "pre-seeded, so that the topology is known from the start"

# What the copies of files are called, where they have no throw-away counterpart of the same name.
_COPIES = {"aclfile": ACL_COPY, "tls-dh-params-file": "tls-dh.pem", "tls-ca-cert-dir": "tls-ca"}


def made_file(node: Node, directive: Directive) -> str:
    """The name of the throw-away file that a line about certificates names here."""
    return f"{node.name}.{REPLACED[directive.key]}"


def copied_file(node: Node, directive: Directive) -> str:
    """The name of the copy, in the node's folder, of the file or folder that a line names."""
    if directive.key == "loadmodule":
        return f"{node.name}.module-{node.all(directive.key).index(directive) + 1}.so"
    return f"{node.name}.{_COPIES.get(directive.key) or REPLACED[directive.key]}"


LONGEST_SOCKET_PATH = 107
"""``sun_path`` of unix(7), without the byte that ends it."""

Outcome = tuple[Words | None, str]
Rule = Callable[[Directive, Node, Place], Outcome]


def rewritten(directive: Directive, node: Node, place: Place) -> Outcome:
    """Return a directive as it runs here (None: left out), and the reason if that differs.

    :raises BadInputError: it names a file that does not exist.
    """
    rule = _RULES.get(directive.key)
    after, reason = rule(directive, node, place) if rule else (directive.words, "")
    if after is None:
        return after, reason
    kept, why = place.names.kept(directive, node, after)
    return kept, why or (reason if kept == after else OTHER_PORT)


def _removed(reason: str) -> Rule:
    return lambda _directive, _node, _place: (None, reason)


def _always(words: Words, reason: str) -> Rule:
    return lambda _directive, _node, _place: (words, reason)


def _dir(directive: Directive, node: Node, place: Place) -> Outcome:
    return (directive.words[0], place.folder(node)), OTHER_PLACE


def _unixsocket(directive: Directive, node: Node, place: Place) -> Outcome:
    whole = f"{place.folder(node)}/server.sock"
    fits = len(whole.encode()) <= LONGEST_SOCKET_PATH
    return (directive.words[0], whole if fits else "server.sock"), OTHER_PLACE  # the server runs in that folder


def _port(directive: Directive, node: Node, place: Place) -> Outcome:
    return (directive.words[0], str(place.ports[node.name].plain)), OTHER_PORT


def _tls_port(directive: Directive, node: Node, place: Place) -> Outcome:
    return (directive.words[0], str(place.ports[node.name].tls)), OTHER_PORT


def _file(directive: Directive, node: Node, place: Place) -> Outcome:
    words = directive.words
    if referenced_file(directive, node, place.deployment) is None:
        return words, ""
    return (words[0], f"{place.folder(node)}/{copied_file(node, directive)}", *words[2:]), COPIED


def _certificate(directive: Directive, node: Node, place: Place) -> Outcome:
    if place.material is None or not names_file(directive):
        return _file(directive, node, place)
    if directive.key == "tls-ca-cert-dir" and node.value("tls-ca-cert-file"):
        return None, THROW_AWAY  # one authority has signed everything, and that line names it
    name = "tls-ca-cert-file" if directive.key == "tls-ca-cert-dir" else directive.words[0]
    return (name, f"{place.folder(node)}/{made_file(node, directive)}"), THROW_AWAY


def _acl_file(directive: Directive, node: Node, place: Place) -> Outcome:
    if node.name in place.copied_acls and names_file(directive):
        return (directive.words[0], f"{place.folder(node)}/{node.name}.{ACL_COPY}"), place.copied_acls[node.name]
    return _file(directive, node, place)


def _parameters(directive: Directive, node: Node, place: Place) -> Outcome:
    if names_file(directive) and find_file(directive, node, place.deployment) is None:
        return None, "the file is not on this machine, and the TLS library's own parameters do just as well"
    return _file(directive, node, place)


def _module(directive: Directive, node: Node, place: Place) -> Outcome:
    if not place.deployment.reach.modules:
        return None, NO_CODE
    if names_file(directive) and find_file(directive, node, place.deployment) is None:
        return None, NO_MODULE
    return _file(directive, node, place)


def _bind_source(directive: Directive, node: Node, place: Place) -> Outcome:
    if not place.has_source_address:
        return None, f"unknown to {place.engine.name} {place.engine.version}"
    word = directive.arguments[0] if directive.arguments else ""
    if word in place.floating:
        return (directive.words[0], place.floating[word]), OTHER_ADDRESS
    holder = place.where.only_elsewhere(directive.arguments[0] if directive.arguments else "", node)
    return (directive.words[0], place.own_address(holder or node)), OTHER_ADDRESS


def _announced_address(directive: Directive, node: Node, place: Place) -> Outcome:
    if not directive.arguments:
        return directive.words, ""  # the server's own complaint is the better message
    return (*directive.words[:-1], place.here(place.where.announced_by(node))[0]), OTHER_ADDRESS


def _announced_port(directive: Directive, node: Node, place: Place) -> Outcome:
    words = directive.words
    if words[-1] == "0" or not directive.arguments:
        return words, ""
    return (*words[:-1], place.here(place.where.announced_by(node))[1]), "ports are not mapped here"


def _known(directive: Directive, _node: Node, place: Place) -> Outcome:
    """Keep the nodes that a Sentinel's file knows, at the same address here, whether a node has it or not."""
    spot = known_spot(directive, place.deployment, place.where)
    if spot is None:
        return directive.words, ""
    host, port = place.here(spot)
    name = place.names.means(directive.words[3], spot.node) if spot.node else ""
    return (*directive.words[:3], name or host, port, *directive.words[5:]), OTHER_ADDRESS


def _replicaof(directive: Directive, node: Node, place: Place) -> Outcome:
    if place.keeps_loopback(directive, 0):
        return directive.words, ""
    if isinstance(node, DataNode) and node.replica_of:
        primary = place.deployment.data_on(node.replica_of, node.master_name)
        astray = place.deployment.astray_at(node.name, node.master_name)
        return (directive.words[0], *_address(place, primary, directive, 0, astray)), OTHER_ADDRESS
    return directive.words, ""


def _monitor(directive: Directive, node: Node, place: Place) -> Outcome:
    master, deployment = directive.arguments[0], place.deployment
    if place.keeps_loopback(directive, 1):
        return directive.words, ""
    astray = deployment.astray_at(node.name, master)
    if astray:
        target = deployment.data_on(astray.host)
    else:
        target = deployment.data_on({m.master_name: m.host for m in deployment.monitored}[master], master)
    where = _address(place, target, directive, 1, astray)
    return (*directive.words[:3], *where, directive.words[5]), OTHER_ADDRESS


def _address(place: Place, target: DataNode, directive: Directive, at: int, astray: MisdirectedLine | None) -> Words:
    """Where the address at a place of a line leads here: a port on which no server listens at home is such a port here as well."""
    host, port = place.data_address(target, _written_port(directive, at + 1))
    host = place.floating.get(directive.arguments[at], host) if is_users(directive) else host
    return host, str(astray.port) if astray and astray.port else port


def _written_port(directive: Directive, at: int) -> str:
    """The port in a line of the user's; empty where JSquared wrote the line, or there is none."""
    return directive.arguments[at] if is_users(directive) and at < len(directive.arguments) else ""


def _bind(directive: Directive, node: Node, place: Place) -> Outcome:
    """The node's own address first, as Redis before 7.0 speaks from the first one; loopback addresses stay where they can."""
    if (holder := place.where.holder(node)) is not None:
        return (directive.words[0], place.own_address(holder)), OTHER_ADDRESS
    own = place.own_address(node)
    wide = tuple(filter(is_any, directive.arguments))
    if wide and isinstance(node, DataNode) and place.waits_for_address(node):
        return (
            directive.words[0],
            *wide,
        ), OTHER_ADDRESS  # what listens on everything listens on what comes to the host
    if directive.arguments and all(map(place.where.only_itself, directive.arguments)):
        return (
            directive.words if not own.startswith("127.") else (directive.words[0], place.nobodys_address("itself"))
        ), OTHER_ADDRESS
    if own.startswith("127."):
        return (directive.words[0], own), OTHER_ADDRESS
    here = tuple(place.floated(a) for a in directive.arguments if a.lstrip("-") in (*_LOCAL, *place.floating))
    return (directive.words[0], own, *here), OTHER_ADDRESS


_LOCAL = ("127.0.0.1", "::1")
_RULES: dict[str, Rule] = {
    **dict.fromkeys(("pidfile", "syslog-enabled", "syslog-ident", "syslog-facility"), _removed(RUN_HERE)),
    **dict.fromkeys(("sentinel notification-script", "sentinel client-reconfig-script"), _removed(NO_SCRIPTS)),
    "include": _removed("the named file was inserted in its place, or is not read"),
    "aclfile": _acl_file,
    "loadmodule": _module,
    **dict.fromkeys(REPLACED, _certificate),
    "tls-dh-params-file": _parameters,
    **dict.fromkeys(("replica-announce-ip", "sentinel announce-ip"), _announced_address),
    **dict.fromkeys(("replica-announce-port", "sentinel announce-port"), _announced_port),
    "daemonize": _always(("daemonize", "no"), RUN_HERE),
    "supervised": _always(("supervised", "no"), RUN_HERE),
    "logfile": _always(("logfile", ""), RUN_HERE),
    "dir": _dir,
    "unixsocket": _unixsocket,
    "port": _port,
    "tls-port": _tls_port,
    "bind": _bind,
    "bind-source-addr": _bind_source,
    "replicaof": _replicaof,
    "sentinel monitor": _monitor,
    **dict.fromkeys(("sentinel known-replica", "sentinel known-sentinel"), _known),
}
