"""Which server wrote which log: ids of Sentinels and addresses of all, from what the servers wrote of themselves and of each other.

A Sentinel writes its id, and the others write it with its address. A data node was ordered something at its own address (``laddr=``,
6.2 and newer); a replica names the id of the history that its primary began, and asks for an offset that its primary repeats with the
replica's address. What is left over may still follow by elimination. Nothing else is concluded; ``--node NAME=ADDRESS`` decides.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from jsquared.errors import BadInputError
from jsquared.monitor.logs.happenings import Happening, own_address
from jsquared.monitor.logs.node_logs import NodeLog
from jsquared.text import did_you_mean

NEAR_S = 0.002
"""A request is read within so much of its sending, where clocks are the same."""


@dataclass
class Node:
    """A server that is known: by its log, by what others wrote of it, or by both."""

    name: str
    role: str
    """``sentinel`` or ``data``; ``machine`` for a kernel's lines that belong to none of them."""
    address: str = ""
    known_by: str = ""
    """How the address was concluded; empty where it is unknown."""
    id: str = ""
    """Of a Sentinel."""
    log: NodeLog | None = None
    engine: str = ""

    @property
    def is_mixed(self) -> bool:
        """True if its log has lines of other servers too, which nothing takes apart."""
        return self.log is not None and self.log.servers > 1


@dataclass
class Roster:
    """All servers, and the names by which the rest speaks of them."""

    nodes: list[Node] = field(default_factory=list)

    def named(self, address: str) -> str:
        """The name of the data node at an address, else the address."""
        return next((one.name for one in self.nodes if one.address == address and one.role == "data"), address)

    def sentinel(self, id_: str) -> str:
        """The name of the Sentinel with this id, else the beginning of the id."""
        return next((one.name for one in self.sentinels if one.id == id_), id_[:8])

    @property
    def sentinels(self) -> list[Node]:
        """All Sentinels."""
        return [one for one in self.nodes if one.role == "sentinel"]

    @property
    def data(self) -> list[Node]:
        """All data nodes."""
        return [one for one in self.nodes if one.role == "data"]

    def log_of(self, name: str) -> NodeLog | None:
        """The log of a node, None where it has none."""
        return next((one.log for one in self.nodes if one.name == name), None)


def roster_of(logs: Sequence[NodeLog], given: Mapping[str, str]) -> Roster:
    """All servers that the logs tell of.

    :param given: addresses that the user has given, by the names of logs.
    :raises BadInputError: there is no log of such a name.
    """
    nodes = [Node(log.name, log.role, log=log, engine=_engine(log)) for log in logs]
    by_name = {node.name: node for node in nodes}
    for name, address in given.items():
        if name not in by_name:
            hint = did_you_mean(name, by_name, most=2, otherwise=", ".join(list(by_name)[:8]))
            raise BadInputError(f"no log is called '{name}'", where="--node", hint=hint)
        by_name[name].address, by_name[name].known_by = address.lower(), "given"
    sentinels = [node for node in nodes if node.role == "sentinel"]
    peers = _peers(sentinels)
    _name_sentinels([node for node in sentinels if not node.is_mixed], peers)
    data = [node for node in nodes if node.role == "data"]
    single = [node for node in data if not node.is_mixed]
    _place_data(single, masters_by_address(sentinels), is_whole=len(single) == len(data))
    nodes += _without_logs(nodes, peers, masters_by_address(sentinels))
    return Roster(nodes)


def _engine(log: NodeLog) -> str:
    last = next((one for one in reversed(log.happenings) if one.kind == "version"), None)
    return f"{last.parts['engine'].lower()} {last.parts['version']}" if last else ""


def _log(node: Node) -> list[Happening]:
    return node.log.happenings if node.log else []


# -- Sentinels


def _peers(sentinels: Sequence[Node]) -> dict[str, str]:
    """The ids of Sentinels that others wrote of, each with its last address (empty where only a vote names it)."""
    found: dict[str, str] = {}
    for node in sentinels:
        for one in _log(node):
            if one.words[:1] == ("sentinel",) and len(one.words) > 3 and _is_id(one.words[1]):
                found[one.words[1]] = one.subject
            elif one.kind == "voted" and _is_id(one.parts["voter"]):
                found.setdefault(one.parts["voter"], "")
    return found


def _is_id(word: str) -> bool:
    return len(word) == 40 and set(word) <= set("0123456789abcdef")


def _name_sentinels(sentinels: Sequence[Node], peers: dict[str, str]) -> None:
    for node in sentinels:
        node.id = _own_id(node)
    _by_elimination(sentinels, peers)
    for node in sentinels:
        address = peers.get(node.id, "")
        if node.id and address and not node.address:
            node.address, node.known_by = address, "the other Sentinels' lines"


def _own_id(node: Node) -> str:
    """The id that a Sentinel says it has; else the one for which it voted when it tried a failover itself; empty without either."""
    for one in reversed(_log(node)):
        if one.kind == "sentinel-id":
            return one.parts["id"]
    has_tried = False
    for one in _log(node):
        if one.kind == "+vote-for-leader" and has_tried and one.words and _is_id(one.words[0]):
            return one.words[0]
        has_tried = one.kind == "+try-failover" or (has_tried and one.kind in ("+new-epoch", "voted"))
    return ""


def _by_elimination(sentinels: Sequence[Node], peers: Mapping[str, str]) -> None:
    """Give a Sentinel's log without an id the only one that it does not name itself, and that no other log has."""
    for node in sentinels:
        if node.id:
            continue
        taken = {other.id for other in sentinels if other.id}
        named = {one.words[1] for one in _log(node) if one.words[:1] == ("sentinel",) and len(one.words) > 1}
        left = [id_ for id_ in peers if id_ not in taken and id_ not in named]
        if len(left) == 1 and sum(not other.id for other in sentinels) == 1:
            node.id = left[0]


# -- data nodes


def masters_by_address(sentinels: Sequence[Node]) -> dict[str, str]:
    """The addresses of data nodes in the Sentinels' lines, each with the name of the monitored primary that it belongs to."""
    found: dict[str, str] = {}
    for node in sentinels:
        for one in _log(node):
            if one.kind == "+switch-master" and len(one.words) >= 5:
                found |= {f"{one.words[at].lower()}:{one.words[at + 1]}": one.words[0] for at in (1, 3)}
            elif one.words[:1] in (("master",), ("slave",)) and one.subject:
                found[one.subject] = one.master
                if one.primary:
                    found[one.primary] = one.master
    return found


def _place_data(data: Sequence[Node], known: Mapping[str, str], *, is_whole: bool) -> None:
    """Find the addresses of data nodes, by the surest signs first.

    :param is_whole: no other log has lines of data nodes, so that an address may be the only one left.
    """
    ways = (
        ("the orders that it got", _by_orders),
        ("the ids of replication histories", _by_histories),
        ("the offsets of resynchronisations", _by_offsets),
        ("the times of its resynchronisations", _by_times),
    )
    for words, way in ways:
        claims = set(way(data))
        for node in data:
            addresses = [address for name, address in claims if name == node.name]
            taken = {other.address for other in data if other is not node}
            rivals = {name for name, address in claims if address in addresses}
            if not node.address and len(addresses) == 1 and len(rivals) == 1 and addresses[0] not in taken:
                node.address, node.known_by = addresses[0], words
    unplaced = [node for node in data if not node.address]
    mentioned = set(known) | {
        one.at() for node in data for one in _log(node) if one.kind in ("connecting", "asked") and one.at()
    }
    left = sorted(mentioned - {node.address for node in data})
    if is_whole and len(unplaced) == len(left) == 1:
        unplaced[0].address, unplaced[0].known_by = left[0], "elimination: no other address was left"


def _by_orders(data: Sequence[Node]) -> Iterator[tuple[str, str]]:
    """The address at which a Sentinel or operator gave the last order."""
    for node in data:
        orders = [own_address(one.text) for one in _log(node) if one.kind in ("promoted", "reconfigured")]
        if (told := [address for address in orders if address]) and not told[-1].startswith(("127.", "::1:")):
            yield node.name, told[-1]


def _by_histories(data: Sequence[Node]) -> Iterator[tuple[str, str]]:
    """A primary by the id of the history that it began, which its replicas name while they are connected to its address."""
    begun = {one.parts["id"]: node.name for node in data for one in _log(node) if one.kind in ("backlog", "new-id")}
    for node in data:
        of = ""
        for one in _log(node):
            if one.kind in ("connecting", "reconfigured"):
                of = one.at() or of
            elif one.kind in ("full-told", "id-changed") and of and begun.get(one.parts["id"], node.name) != node.name:
                yield begun[one.parts["id"]], of


def _by_offsets(data: Sequence[Node]) -> Iterator[tuple[str, str]]:
    """A replica by the offset (or the history) that it asked for, which its primary wrote down with its address."""
    asked: dict[str, set[str]] = defaultdict(set)
    for node in data:
        for one in _log(node):
            if one.kind == "partial-asked":
                asked[one.parts["offset"]].add(node.name)
                asked[one.parts["id"]].add(node.name)
    for node in data:
        of = ""
        for one in _log(node):
            if one.kind == "asked":
                of = one.at()
            key = one.parts.get("offset" if one.kind == "partial-given" else "id", "")
            if one.kind in ("partial-given", "partial-refused") and len(asked[key]) == 1 and (one.at() or of):
                yield next(iter(asked[key])), one.at() or of


def _by_times(data: Sequence[Node]) -> Iterator[tuple[str, str]]:
    """A replica by when it asked for everything, where no other asked the same primary within the same milliseconds."""
    spans = [(node.name, start, end) for node in data if not node.address for start, end in _copies(_log(node))]
    for node in data:
        for one in _log(node):
            if one.kind == "full-asked":
                asking = {name for name, start, end in spans if start - NEAR_S <= one.unix_s <= end + NEAR_S}
                if len(asking) == 1:
                    yield asking.pop(), one.at()


def _copies(happenings: Sequence[Happening]) -> Iterator[tuple[float, float]]:
    """When a replica connected, and when it was told to copy everything."""
    since = None
    for one in happenings:
        if one.kind == "connecting":
            since = one.unix_s
        elif one.kind == "full-told" and since is not None:
            yield since, one.unix_s
            since = None


# -- servers without a log


def _without_logs(nodes: Sequence[Node], peers: Mapping[str, str], known: Mapping[str, str]) -> list[Node]:
    """Servers that others wrote of, and that none of the logs is by as far as is known."""
    ids = {node.id for node in nodes if node.id}
    addresses = {node.address for node in nodes if node.role == "data" and node.address}
    named = {node.name for node in nodes}
    is_certain = all(node.id for node in nodes if node.role == "sentinel")
    missing = [] if not is_certain else [id_ for id_ in peers if id_ not in ids]
    taken = {node.address for node in nodes if node.role == "sentinel" and node.address}
    found = [
        Node(peers[id_] or f"sentinel {id_[:8]}", "sentinel", peers[id_], "the other Sentinels' lines", id_)
        for id_ in missing
        if peers[id_] not in taken or not peers[id_]
    ]
    if all(node.address for node in nodes if node.role == "data"):
        found += [
            Node(address, "data", address, "the Sentinels' lines")
            for address in sorted(known)
            if address not in addresses
        ]
    return [node for node in found if node.name not in named]
