"""Changes of a monitored primary as the Sentinels' logs tell them, and the times in which a primary was considered down.

One change is one ``+switch-master`` from an address to another; every Sentinel announces it when it learns of it, some of them late, and
a Sentinel that was away may jump over one.
"""

import bisect
import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from jsquared.monitor.logs.happenings import Happening, address_of
from jsquared.monitor.logs.identify import Roster

_FORGET = ("+switch-master", "+reset-master", "-monitor", "starting")
"""Lines after which a Sentinel no longer considers the address down."""
STEPS = (
    "+odown",
    "+try-failover",
    "+elected-leader",
    "+failover-state-select-slave",
    "+selected-slave",
    "+promoted-slave",
)
"""Steps of a failover up to its announcement."""
BEFORE_S = 60.0
"""A failover without an outage began no longer before its announcement."""
MOST_CHANGES = 2_000
"""Of one primary; no more are looked at, nor more times in which a Sentinel considered it down."""
MOST_WORDS = 3_000
"""So many lines of Sentinels are read for one failover."""
SLACK_S = 2.0
"""Outages that are no further apart are one: Sentinels see a primary go and come within a second or two of each other."""


@dataclass(frozen=True)
class Word:
    """A Sentinel's line about a monitored primary, or about itself."""

    at_s: float
    node: str
    said: Happening

    @property
    def kind(self) -> str:
        """The event's name."""
        return self.said.kind


@dataclass
class Change:
    """One change of primary: its addresses, and when each Sentinel switched."""

    old: str
    new: str
    switched_s: dict[str, float] = field(default_factory=dict)

    @property
    def first_s(self) -> float:
        """The time of the first Sentinel's announcement."""
        return min(self.switched_s.values())


@dataclass
class Outage:
    """A time in which Sentinels considered one address of a primary down, and what came of it."""

    primary: str
    from_s: float
    until_s: float
    down_s: dict[str, float] = field(default_factory=dict)
    """Since when each Sentinel did: its last ``+sdown`` that it did not take back."""
    is_over: bool = False
    """Every Sentinel that considered it down took that back, or switched, as far as lines say."""
    is_up_again: bool = False
    """A Sentinel took it back."""
    change: Change | None = None


def words_by_master(roster: Roster) -> dict[str, list[Word]]:
    """What all Sentinels wrote about each monitored primary, in the order of time."""
    found: dict[str, list[Word]] = defaultdict(list)
    for node in roster.sentinels:
        for one in node.log.happenings if node.log else ():
            master = one.parts.get("master", "") if one.kind == "manual" else one.master
            if master and one.kind[0] in "+-m":
                found[master].append(Word(one.unix_s, node.name, one))
    starts = [
        Word(one.unix_s, node.name, one)
        for node in roster.sentinels
        for one in (node.log.of("starting") if node.log else ())
    ]
    return {master: sorted([*words, *starts], key=lambda word: word.at_s) for master, words in sorted(found.items())}


def words_of_all(roster: Roster) -> list[Word]:
    """What Sentinels wrote of themselves: epochs, votes, TILT."""
    kinds = ("+new-epoch", "+vote-for-leader", "voted", "+tilt", "-tilt")
    found = [
        Word(one.unix_s, node.name, one)
        for node in roster.sentinels
        for one in (node.log.of(*kinds) if node.log else ())
    ]
    return sorted(found, key=lambda word: word.at_s)


def between(words: Sequence[Word], from_s: float, until_s: float) -> Sequence[Word]:
    """Those of these sorted words that were said from one moment on and not after another."""
    first = bisect.bisect_left(words, from_s, key=lambda word: word.at_s)
    last = bisect.bisect_right(words, until_s, key=lambda word: word.at_s)
    return words[first : min(last, first + MOST_WORDS)]


def changes_in(words: Iterable[Word], mixed: Collection[str] = (), *, is_timed: bool = False) -> list[Change]:
    """All changes of one primary in the order in which they were first announced.

    :param mixed: logs of several servers, in which a change may be announced several times.
    :param is_timed: times compare: an announcement that comes when later changes were announced is of a later one, or of none.
    """
    found: list[Change] = []
    reached: dict[str, int] = defaultdict(lambda: -1)
    for word in words:
        said = word.said.words
        if word.kind != "+switch-master" or len(said) < 5:
            continue
        old, new = address_of(said[1], said[2]), address_of(said[3], said[4])
        first = max(reached[word.node], 0) if word.node in mixed else reached[word.node] + 1
        index = next((at for at in range(first, len(found)) if found[at].new == new), None)
        if index is None:
            found.append(Change(old, new))
            index = len(found) - 1
        found[index].switched_s.setdefault(word.node, word.at_s)
        reached[word.node] = index
    if is_timed:
        _place_late(found)
    return found


def _place_late(changes: Sequence[Change]) -> None:
    """Take away announcements that cannot be of the change whose other ones they were put to, since lines between are missing.

    A Sentinel that was away learns of the newest change alone. So one that announces an address when others have long announced another
    one after it announces a later return to that address.
    """
    for index, change in enumerate(changes):
        after_s = min((later.first_s for later in changes[index + 1 :]), default=math.inf)
        same = [one for one in changes[index + 1 :] if one.new == change.new]
        for node, at_s in list(change.switched_s.items()):
            again = next((one for one in same if abs(one.first_s - at_s) < BEFORE_S), None)
            is_late = at_s > after_s + SLACK_S or (again is not None and at_s > change.first_s + BEFORE_S)
            if is_late and len(change.switched_s) > 1:
                del change.switched_s[node]
                if again is not None:
                    again.switched_s.setdefault(node, at_s)


def outages(words: Sequence[Word], changes: Sequence[Change], mixed: Collection[str] = ()) -> list[Outage]:
    """All outages of one primary, and every change in one of its own where no Sentinel had considered it down.

    :param mixed: logs of several servers, each of which may consider it down.
    """
    merged: list[Outage] = []
    latest: dict[str, Outage] = {}
    for one in sorted(_intervals(words, mixed), key=lambda one: one.from_s)[:MOST_CHANGES]:
        last = latest.get(one.primary)
        if last is None or one.from_s > last.until_s + SLACK_S:
            last = Outage(one.primary, one.from_s, one.until_s, is_over=True)
            merged.append(last)
            latest[one.primary] = last
        last.until_s = max(last.until_s, one.until_s)
        last.is_over = last.is_over and one.end not in ("", "+sdown")
        last.is_up_again = last.is_up_again or one.end == "-sdown"
        last.down_s[one.node] = one.from_s
    before_s = -math.inf
    for change in changes[:MOST_CHANGES]:
        held = [one for one in merged if one.change is None and _holds(one, change)]
        if held:
            held[-1].change = change
        else:
            before = between(words, max(change.first_s - BEFORE_S, before_s), change.first_s)
            start = min((word.at_s for word in before if _began(word, change)), default=change.first_s)
            merged.append(Outage(change.old, start, max(change.switched_s.values()), {}, is_over=True, change=change))
        before_s = change.first_s
    return sorted(merged, key=lambda one: one.from_s)


def _holds(outage: Outage, change: Change) -> bool:
    return outage.primary == change.old and outage.from_s - SLACK_S <= change.first_s <= outage.until_s + SLACK_S


def _began(word: Word, change: Change) -> bool:
    """True for the order or a step of a failover before which no line considers the primary down."""
    return word.kind == "manual" or (word.kind in STEPS and word.said.primary == change.old)


@dataclass(frozen=True)
class _Interval:
    """Who considered which address down, from when until when, and the kind of the line that ended it."""

    node: str
    primary: str
    from_s: float
    until_s: float
    end: str = ""
    """Empty where no line does: then until infinity; ``+sdown`` where the next begins: it ended, no line says when."""


def _intervals(words: Sequence[Word], mixed: Collection[str] = ()) -> list[_Interval]:
    found: list[_Interval] = []
    since: dict[str, tuple[str, float]] = {}
    for word in words:
        is_of_primary = word.said.words[:1] == ("master",)
        if word.kind == "+sdown" and is_of_primary:
            before = since.get(word.node)
            if before is not None and before[0] == word.said.subject and word.node in mixed:
                continue
            if before is not None:
                found.append(_Interval(word.node, *before, before[1], "+sdown"))
            since[word.node] = (word.said.subject, word.at_s)
        elif word.node in since and ((word.kind == "-sdown" and is_of_primary) or word.kind in _FORGET):
            primary, start = since.pop(word.node)
            found.append(_Interval(word.node, primary, start, word.at_s, word.kind))
    return [*found, *(_Interval(node, primary, start, math.inf) for node, (primary, start) in since.items())]


def last_alive_s(words: Sequence[Word], outage: Outage) -> float:
    """When a Sentinel's line last showed, before an outage, that its primary was there or became the primary."""
    found = -math.inf
    for word in words:
        if word.at_s >= outage.from_s:
            break
        is_back = word.kind == "-sdown" and word.said.subject == outage.primary
        became = word.kind == "+promoted-slave" and word.said.subject == outage.primary
        switched = (
            word.kind == "+switch-master" and address_of(*word.said.words[3:5]) == outage.primary
            if len(word.said.words) > 4
            else False
        )
        if is_back or became or switched:
            found = word.at_s
    return found
