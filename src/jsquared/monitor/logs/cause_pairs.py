"""Pairs of lines of two servers of which one is the cause of the other: a request and its receipt, an order and its execution.

Whatever the clocks say, the effect comes after its cause; so each pair bounds by how much the two clocks differ. A pair counts only where
there is no doubt that the lines belong together: an epoch, an offset or an id says so, or as many causes as effects, in order.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from jsquared.monitor.logs.happenings import Happening
from jsquared.monitor.logs.identify import Node, Roster


@dataclass(frozen=True)
class Pair:
    """A cause and its effect, each at the time of its own server's clock."""

    cause: str
    cause_s: float
    effect: str
    effect_s: float
    what: str
    """``NODE's VERB``-like words for both, such as *its request for a vote* and *the vote*."""
    is_prompt: bool = True
    """The effect follows in milliseconds; otherwise within a second or so, when it is asked for the next time."""

    @property
    def after_s(self) -> float:
        """How long after its cause the effect was, by the two clocks."""
        return self.effect_s - self.cause_s


def pairs_of(roster: Roster) -> list[Pair]:
    """Every pair of lines of two servers."""
    found = chain(_votes(roster), _epochs(roster), _news(roster), _orders(roster), _copies(roster))
    return [pair for pair in found if pair.cause != pair.effect]


def _log(node: Node) -> list[Happening]:
    return node.log.happenings if node.log else []


def _matched(
    causes: Iterable[tuple[str, float]],
    effects: Iterable[tuple[str, float]],
    what: str,
    *,
    is_prompt: bool = True,
) -> Iterator[Pair]:
    """Pair causes with effects in order, where there are as many of both."""
    before, after = list(causes), list(effects)
    if len(before) == len(after):
        for (cause, cause_s), (effect, effect_s) in zip(before, after, strict=True):
            yield Pair(cause, cause_s, effect, effect_s, what, is_prompt)


# -- between Sentinels


def _votes(roster: Roster) -> Iterator[Pair]:
    """A Sentinel votes for itself and asks the others, each votes and answers: one vote an epoch."""
    names = {node.id: node.name for node in roster.sentinels if node.id}
    votes = _votes_given(roster)
    for (leader, epoch, voter), at_s in votes.items():
        asked_s = votes.get((leader, epoch, names.get(leader, "")))
        if asked_s is not None:
            yield Pair(names[leader], asked_s, voter, at_s, "a request for a vote")
    for node in roster.sentinels:
        for one in _log(node):
            voter = names.get(one.parts["voter"], "") if one.kind == "voted" else ""
            given_s = votes.get((one.parts["for"], one.number, voter)) if voter else None
            if given_s is not None:
                yield Pair(voter, given_s, node.name, one.unix_s, "a vote")


def _votes_given(roster: Roster) -> dict[tuple[str, int, str], float]:
    """When each Sentinel voted for an id in an epoch, where it wrote so once."""
    found: dict[tuple[str, int, str], list[float]] = defaultdict(list)
    for node in roster.sentinels:
        for one in _log(node):
            if one.kind == "+vote-for-leader" and one.words:
                found[one.words[0], one.number, node.name].append(one.unix_s)
    return {key: times[0] for key, times in found.items() if len(times) == 1}


def _epochs(roster: Roster) -> Iterator[Pair]:
    """Who begins an epoch tells the others."""
    begun: dict[int, list[tuple[str, float]]] = defaultdict(list)
    heard: dict[int, list[tuple[str, float]]] = defaultdict(list)
    for node in roster.sentinels:
        last: Happening | None = None
        for one in _log(node):
            if one.kind == "+new-epoch":
                heard[one.number].append((node.name, one.unix_s))
                last = one
            elif one.kind == "+try-failover" and last is not None:
                begun[last.number].append((node.name, last.unix_s))
    for epoch, first in begun.items():
        times = Counter(name for name, _ in heard[epoch])
        for name, at_s in heard[epoch]:
            if len(first) == 1 and times[name] == 1:
                yield Pair(*first[0], name, at_s, f"epoch {epoch}", is_prompt=False)


def _news(roster: Roster) -> Iterator[Pair]:
    """A leader that has promoted a replica tells the others, which name it."""
    for leader in roster.sentinels:
        told = [one for one in _log(leader) if one.kind == "+promoted-slave"]
        for node in roster.sentinels:
            heard = [
                one
                for one in _log(node)
                if one.kind == "+config-update-from" and one.words[1:2] == (leader.id,) and leader.id
            ]
            for primary in {one.primary for one in told}:
                yield from _matched(
                    ((leader.name, one.unix_s) for one in told if one.primary == primary),
                    ((node.name, one.unix_s) for one in heard if one.primary == primary),
                    "a promotion and its announcement",
                )


# -- between Sentinels and data nodes


def _orders(roster: Roster) -> Iterator[Pair]:
    """A leader orders a replica to become the primary, or to replicate from it, and hears of it when it asks the next time."""
    said = [(other.name, one) for other in roster.sentinels for one in _log(other)]
    primaries = frozenset(one.subject for _, one in said if one.kind == "+promoted-slave")
    for node in roster.data:
        if not node.address:
            continue
        about: dict[str, list[tuple[str, float]]] = defaultdict(list)
        for name, one in sorted(said, key=lambda pair: pair[1].unix_s):
            if one.subject == node.address:
                about[one.kind].append((name, one.unix_s))
        promoted = _own(node, "promoted")
        yield from _matched(about["+failover-state-send-slaveof-noone"], promoted, "an order and the promotion")
        learnt = about["+promoted-slave"]
        yield from _matched(promoted, learnt, "a promotion and what the leader knew", is_prompt=False)
        sent, told = about["+slave-reconf-sent"], _own(node, "reconfigured", primaries)
        yield from _matched(sent, told, "an order and the reconfiguration")
        if len(sent) == len(told):
            learnt = about["+slave-reconf-inprog"]
            yield from _matched(told, learnt, "a reconfiguration and what the leader knew", is_prompt=False)


def _own(node: Node, kind: str, addresses: frozenset[str] = frozenset()) -> list[tuple[str, float]]:
    """When a node wrote lines of a kind, those about some addresses alone if there are any."""
    return [
        (node.name, one.unix_s) for one in _log(node) if one.kind == kind and (not addresses or one.at() in addresses)
    ]


# -- between data nodes


def _copies(roster: Roster) -> Iterator[Pair]:
    """A replica asks for the rest or for everything, its primary grants it, and the replica reads that."""
    by_address = {node.address: node for node in roster.data if node.address}
    for replica in roster.data:
        requests: dict[str, list[tuple[str, Happening, Happening]]] = defaultdict(list)
        for primary, asked, told in _requests(_log(replica)):
            requests[primary].append((f"{asked.parts.get('id', '')}:{asked.parts.get('offset', '')}", asked, told))
        for address, made in requests.items():
            asked_node = by_address.get(address)
            if asked_node is not None and replica.address:
                yield from _granted(replica, asked_node, made)


def _requests(happenings: Sequence[Happening]) -> Iterator[tuple[str, Happening, Happening]]:
    """Each request of a replica that was granted: of whom, the line with which it asked, and the line that has the answer."""
    of, asked = "", None
    for one in happenings:
        if one.kind in ("connecting", "reconfigured"):
            of = one.at()
            asked = one if one.kind == "connecting" else asked
        elif one.kind == "partial-asked":
            asked = one
        elif one.kind in ("full-told", "partial-done") and asked is not None:
            yield of, asked, one
            asked = None


def _granted(replica: Node, primary: Node, made: Sequence[tuple[str, Happening, Happening]]) -> Iterator[Pair]:
    grants = [(key, one) for key, one in _grants(_log(primary), replica.address)]
    for wanted in ("offset", "id", ""):
        mine = [(asked, told) for _, asked, told in made if _way(asked, told) == wanted]
        theirs = [(key, one) for key, one in grants if _WAYS[one.kind] == wanted]
        if len(mine) != len(theirs):
            continue
        for (asked, told), (key, granted) in zip(mine, theirs, strict=True):
            if wanted and asked.parts.get(wanted) != key:
                continue
            yield Pair(replica.name, asked.unix_s, primary.name, granted.unix_s, "a request for a resynchronisation")
            yield Pair(primary.name, granted.unix_s, replica.name, told.unix_s, "a granted resynchronisation")


_WAYS = {"partial-given": "offset", "partial-refused": "id", "full-asked": ""}
"""What says that a grant belongs to a request."""


def _way(asked: Happening, told: Happening) -> str:
    if asked.kind == "connecting":
        return ""
    return "offset" if told.kind == "partial-done" else "id"


def _grants(happenings: Sequence[Happening], address: str) -> Iterator[tuple[str, Happening]]:
    """What a primary wrote of the requests of one replica."""
    of = ""
    for one in happenings:
        if one.kind == "asked":
            of = one.at()
        elif one.kind in _WAYS and (one.at() or of) == address:
            yield one.parts.get(_WAYS[one.kind], ""), one
