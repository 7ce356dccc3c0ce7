"""Host names of the user's that stay names here, and which node each of them means.

They stay where the Sentinels are told to resolve them (``sentinel resolve-hostnames yes``, Redis 6.2 and later; monitored primaries are
the same for all of them) and the sandbox can answer lookups. Everywhere else a name becomes the address that it means.

Each role on a host has its own address here, so one name cannot mean both a data node and the Sentinel beside it: a Sentinel
that announces the name of its own host's data node announces ``sentinel-<name>`` instead. One that announces another host's name goes on
doing so, and the others look for it there.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace

from jsquared.deployment.model.addresses import LOCAL_NAMES, announced_address, ip_of
from jsquared.deployment.model.directives import Directive
from jsquared.deployment.model.spec import DataNode, Deployment, Node
from jsquared.deployment.model.whereabouts import Spot, Whereabouts

Words = tuple[str, ...]
SENTINEL_NAME = "sentinel-"

OWN_NAME = "a Sentinel has its own address here, so it needs a name that no data node has"
_ADDRESS_AT = {"replicaof": 1, "replica-announce-ip": 1, "sentinel announce-ip": 2, "sentinel monitor": 3}
_KNOWN = ("sentinel known-replica", "sentinel known-sentinel")


def is_name(word: str) -> bool:
    """True if a word is the name of another machine: neither an IP address nor this machine, nor a wildcard."""
    return ip_of(word) is None and word.lower() not in ("", "*", *LOCAL_NAMES)


def written_names(deployment: Deployment) -> Iterator[tuple[Node, str]]:
    """Every host name in the lines that JSquared would otherwise rewrite, in lower case, with the node that it means.

    Names that mean no host are left out.
    """
    where = Whereabouts(deployment)
    for node in deployment.nodes:
        for meant, word in _written_in(node, deployment, where):
            if meant is not None and is_name(word):
                yield meant, word.lower()


def _written_in(node: Node, deployment: Deployment, where: Whereabouts) -> Iterator[tuple[Node | None, str]]:
    """The words in a node's lines that are names or addresses, with the nodes that they mean."""
    if isinstance(node, DataNode):
        upstream = deployment.data_on(node.replica_of, node.master_name) if node.replica_of else None
        yield upstream, node.value("replicaof")
        yield where.announced_by(node).node, node.value("replica-announce-ip")
        return
    primaries = {monitored.master_name: monitored.host for monitored in deployment.monitored}
    for monitor in node.all("sentinel monitor"):
        master = monitor.arguments[0]
        astray = deployment.astray_at(node.name, master)
        yield (
            deployment.data_on(astray.host) if astray else deployment.data_on(primaries[master], master),
            monitor.arguments[1],
        )
    yield where.announced_by(node).node, node.value("sentinel announce-ip")
    for line in (line for key in _KNOWN for line in node.all(key)):
        if (spot := known_spot(line, deployment, where)) is not None:
            yield spot.node, line.arguments[1]


def known_spot(line: Directive, deployment: Deployment, where: Whereabouts) -> Spot | None:
    """Where a line ``sentinel known-replica`` or ``sentinel known-sentinel`` leads; None where it lacks an address or port.

    A Sentinel of which no file gives the address is known by its id.
    """
    port = line.arguments[2] if len(line.arguments) > 2 else ""
    if not (port.isascii() and port.isdecimal() and len(port) < 6):
        return None
    like = deployment.data[0] if line.key == "sentinel known-replica" else deployment.sentinels[0]
    spot = where.at(line.arguments[1], int(port), like=like)
    if spot.node is None and not spot.is_loopback and len(line.arguments) > 3:
        same = (node for node in deployment.sentinels if node.value("sentinel myid") == line.arguments[3])
        node = next(same, None)
        return replace(spot, node=node, open=node is not None)
    return spot


def resolves(deployment: Deployment) -> bool:
    """True if every Sentinel is told to resolve names."""
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
        """True if names stay names."""
        return bool(self.of)

    def means(self, name: str, node: Node) -> str:
        """The name here of a node that a line of the user's names so; empty where names do not stay, or it has none."""
        own = self.of.get(node.name, ())
        named = _own_name(name.lower(), own)
        return name if named == name.lower() else named

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


def _own_name(name: str, own: Collection[str]) -> str:
    """The name among a node's own that stands for a name: itself, or the one that a Sentinel got in its place; else empty."""
    return next((each for each in own if each == name or each.removeprefix(SENTINEL_NAME) == name), "")


def names_in(deployment: Deployment, *, served: bool) -> Names:
    """The names of a deployment. ``served``: whether the sandbox can answer lookups."""
    written = list(written_names(deployment))
    if not written or not resolves(deployment):
        return Names()
    if not served:
        return Names(lost=True)
    of: dict[str, dict[str, None]] = {node.name: {} for node in deployment.nodes}
    for node in deployment.data:
        for meant, name in written:
            if meant is node:
                of[node.name][name] = None
        of[node.name].setdefault(node.host.lower())
    taken = {name for node in deployment.data for name in of[node.name]}
    for meant, name in written:
        if not isinstance(meant, DataNode):
            of[meant.name][_untaken(name, taken)] = None
    where = Whereabouts(deployment)
    announced = {node.name: name for node in deployment.nodes if (name := _announced_here(node, where, taken))}
    return Names({name: tuple(names) for name, names in of.items() if names}, announced)


def _untaken(name: str, taken: Collection[str]) -> str:
    """A Sentinel's name, changed where a data node has it."""
    while name in taken:
        name = f"{SENTINEL_NAME}{name}"
    return name


def _announced_here(node: Node, where: Whereabouts, taken: Collection[str]) -> str:
    """The name that a node announces here, empty where it announces none: that of the node which its own lines lead to."""
    name = announced_address(node)
    if not is_name(name):
        return ""
    return name if isinstance(where.announced_by(node).node, DataNode) else _untaken(name, taken)
