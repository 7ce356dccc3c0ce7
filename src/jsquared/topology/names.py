"""Host names of the user's that stay names here, and which node each of them means.

They stay where the Sentinels are told to resolve them (``sentinel resolve-hostnames yes``, Redis 6.2 and later; monitored primaries are
the same for all of them) and the sandbox can answer lookups. Everywhere else a name becomes the address that it means.

Each role on a host has an address of its own here, so one name cannot mean both a data node and the Sentinel beside it: a Sentinel
that announces a data node's name announces ``sentinel-<name>`` instead.
"""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass, field

from jsquared.topology.directives import Directive
from jsquared.topology.spec import DataNode, Deployment, Node

Words = tuple[str, ...]

OWN_NAME = "a Sentinel has an address of its own here, so it needs a name that no data node has"
_ADDRESS_AT = {"replicaof": 1, "replica-announce-ip": 1, "sentinel announce-ip": 2, "sentinel monitor": 3}

LOCAL_NAMES = ("localhost", "localhost.localdomain", "ip6-localhost")


def is_name(word: str) -> bool:
    """Whether a word is the name of another machine: neither an IP address nor this machine, nor a wildcard."""
    try:
        ipaddress.ip_address(word)
    except ValueError:
        return word.lower() not in ("", "*", *LOCAL_NAMES)
    return False


def written_names(deployment: Deployment) -> Iterator[tuple[str, Directive]]:
    """Every host name in the lines that JSquared would otherwise rewrite: the node that it means, and the line."""
    primaries = {monitored.master_name: monitored.host for monitored in deployment.monitored}
    for node in deployment.data:
        upstream = deployment.data_on(node.replica_of, node.master_name).name if node.replica_of else ""
        yield from _named(upstream, node, "replicaof", 0)
        yield from _named(node.name, node, "replica-announce-ip", 0)
    for sentinel in deployment.sentinels:
        for monitor in sentinel.all("sentinel monitor"):
            master = monitor.arguments[0]
            astray = deployment.astray_at(sentinel.name, master)
            if is_name(monitor.arguments[1]):
                target = deployment.data_on(astray.host) if astray else deployment.data_on(primaries[master], master)
                yield target.name, monitor
        yield from _named(sentinel.name, sentinel, "sentinel announce-ip", 0)


def _named(meant: str, node: Node, key: str, index: int) -> Iterator[tuple[str, Directive]]:
    line = node.find(key)
    if meant and line and len(line.arguments) > index and is_name(line.arguments[index]):
        yield meant, line


def _name_in(line: Directive) -> str:
    return line.arguments[1 if line.key == "sentinel monitor" else 0].lower()


def resolves(deployment: Deployment) -> bool:
    """Whether every Sentinel is told to resolve names."""
    return all(node.is_on("sentinel resolve-hostnames") for node in deployment.sentinels)


@dataclass(frozen=True)
class Names:
    """Names that stay. ``of`` maps each node to the names that mean it; ``announced`` to the name that it announces here, if any.

    Both are empty where names do not stay; ``lost`` then says whether there were any that should.
    """

    of: dict[str, tuple[str, ...]] = field(default_factory=dict)
    announced: dict[str, str] = field(default_factory=dict)
    lost: bool = False

    @property
    def stay(self) -> bool:
        """Whether names stay names."""
        return bool(self.of)

    def kept(self, directive: Directive, node: Node, after: Words) -> tuple[Words, str]:
        """A line as it was rewritten, with the name that stood there again; the reason where that is another name."""
        at = _ADDRESS_AT.get(directive.key)
        if not self.stay or at is None or len(after) <= at or not is_name(directive.words[at]):
            return after, ""
        announces = directive.key.endswith("announce-ip")
        name = self.announced.get(node.name, "") if announces else directive.words[at]
        if name == directive.words[at].lower():
            name = directive.words[at]
        return (*after[:at], name, *after[at + 1 :]), OWN_NAME if announces else ""

    def as_announced(self, node: Node, where: Words) -> Words:
        """Address and port of a node as the others know it: with the name that it announces in place of the address."""
        return (self.announced.get(node.name, where[0]), *where[1:])


def names_in(deployment: Deployment, *, served: bool) -> Names:
    """The names of a deployment. ``served``: whether the sandbox can answer lookups."""
    written = list(written_names(deployment))
    if not written or not resolves(deployment):
        return Names()
    if not served:
        return Names(lost=True)
    data = {node.name: node for node in deployment.data}
    of: dict[str, dict[str, None]] = {node.name: {} for node in deployment.nodes}
    for meant, line in written:
        if meant in data:
            of[meant][_name_in(line)] = None
    for node in deployment.data:
        of[node.name].setdefault(node.host.lower())
    taken = {name for name in data for name in of[name]}
    announced = {node.name: name for node in deployment.data if (name := _announced_by(node))}
    for sentinel in deployment.sentinels:
        name = _announced_by(sentinel)
        while name in taken:
            name = f"sentinel-{name}"
        if name:
            announced[sentinel.name] = name
            of[sentinel.name][name] = None
    return Names({name: tuple(names) for name, names in of.items() if names}, announced)


def _announced_by(node: Node) -> str:
    """The name that a node's own file announces, empty where it announces none."""
    line = node.find("replica-announce-ip" if isinstance(node, DataNode) else "sentinel announce-ip")
    return line.arguments[0].lower() if line and line.arguments and is_name(line.arguments[0]) else ""
