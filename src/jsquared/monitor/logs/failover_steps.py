"""One failover step by step: the fault, who noticed it, who led, and when each phase ended and by whose line.

The phases are those of a trial's verdict where they are in the logs; ``select`` and ``promote`` together are the verdict's *promote*.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from jsquared.monitor.logs.announced_majority import majority_announced
from jsquared.monitor.logs.changes import BEFORE_S, STEPS, Change, Outage, Word
from jsquared.monitor.logs.happenings import Happening
from jsquared.monitor.logs.identify import Node, Roster
from jsquared.text import duration

LAST_SIGNS = ("shutdown", "ended", "crashed", "out-of-memory")
"""Lines of a server after which it is gone."""
ALIVE = (
    "starting",
    "ready",
    "loaded",
    "asked",
    "full-asked",
    "partial-given",
    "sync-given",
    "connecting",
    "promoted",
    "reconfigured",
)
"""Lines of a server that runs: what it wrote before of its end is of an earlier one."""
OF_LINKS = ("link-lost", "link-timeout")
_FOLLOWS = ("full-told", "partial-done", "sync-done")
NEAR_S = 5.0
"""A replica's own line about its promotion is no further from the leader's, even if their clocks differ a little."""
TOLD_S = 1.0
"""A Sentinel that is told of another primary writes at once who told it, and that it switches: by one clock, whatever the others show."""

SILENT = "the fault left no line: a primary that hangs or is cut off falls silent, down-after-milliseconds and up to a second before +sdown"


@dataclass(frozen=True)
class Mark:
    """The end of a phase: when, and whose line of which text."""

    at_s: float
    node: str
    text: str


@dataclass
class Steps:
    """The marks of a failover by phase, and what stands beside them."""

    fault: Mark | None = None
    fault_words: str = ""
    last_sign: Mark | None = None
    leader: str = ""
    marks: dict[str, Mark] = field(default_factory=dict)
    odown_s: dict[str, float] = field(default_factory=dict)
    quorum: str = ""
    replicas_s: dict[str, float] = field(default_factory=dict)
    is_manual: bool = False
    is_elected: bool = False
    """A Sentinel was elected to fail over: that it then was not needed would have its line."""
    promoted: str = ""
    """The address of who was promoted although no line announces it."""
    started: Mark | None = None
    """The first line of the failover where neither the fault nor a ``+sdown`` is known."""
    notes: list[str] = field(default_factory=list)

    def without_others_times(self) -> None:
        """Forget the fault, unless the leader wrote it, and the old primary's last line: their times do not compare with the Sentinels'."""
        if self.fault is not None and self.fault.node != self.leader:
            self.fault, self.fault_words = None, ""
        self.last_sign = None
        if self.promoted:  # its announcement may stand at another time
            self.promoted, self.leader = "", ""
            self.marks = {name: mark for name, mark in self.marks.items() if name not in ("promote", "reconfigure")}


def steps_of(outage: Outage, words: Sequence[Word], roster: Roster, alive_s: float = -math.inf) -> Steps:
    """Find the marks of an outage.

    :param words: what the Sentinels wrote of its primary until the next outage.
    :param alive_s: when a Sentinel's line last showed that the primary was there.
    """
    change = outage.change
    about = [word for word in words if word.said.primary == outage.primary]
    unannounced = next((word for word in about if word.kind == "+promoted-slave"), None) if change is None else None
    steps = Steps(leader=_leader(change, about, roster) if change else unannounced.node if unannounced else "")
    new = change.new if change else unannounced.said.subject if unannounced else ""
    steps.promoted = new if change is None else ""
    near_s = change.first_s if change else unannounced.at_s if unannounced else math.inf
    promoted = _promoted(new, near_s, about, steps.leader, roster) if new else None
    until_s = max(near_s, promoted.at_s if promoted else -math.inf)
    steps.is_manual = any(word.kind == "manual" and word.at_s <= until_s for word in words)
    steps.is_elected = any(word.kind in STEPS[2:] for word in about)
    if outage.down_s:
        steps.marks["detect"] = _detect(steps, outage)
    _agree(steps, about, until_s, is_of_leader=bool(new))
    _elect(steps, about, until_s)
    if promoted is not None:
        steps.marks["promote"] = promoted
    if change is not None:
        completed, notes = majority_announced(change, about, steps.leader, steps.quorum, roster)
        steps.notes += notes
        if completed is not None:
            name, at_s, kind = completed
            steps.marks["announce"] = Mark(at_s, name, kind)
        _reconfigure(steps, change.new, promoted.at_s if promoted else change.first_s, about, roster)
    elif unannounced is not None:
        _reconfigure(steps, new, unannounced.at_s, about, roster)
    first = next((word for word in about if word.kind in STEPS), None)
    steps.started = Mark(first.at_s, first.node, first.kind) if first else None
    _fault(steps, outage, roster, words, alive_s)
    return steps


def _detect(steps: Steps, outage: Outage) -> Mark:
    """The first ``+sdown``; one that is much before the others' is a Sentinel's that had lost sight of the primary alone."""
    order = sorted(outage.down_s, key=lambda name: outage.down_s[name])
    while len(order) > 1 and outage.down_s[order[1]] - outage.down_s[order[0]] > BEFORE_S:
        first = order.pop(0)
        apart = duration((outage.down_s[order[0]] - outage.down_s[first]) * 1000)
        steps.notes.append(
            f"{first} considered the primary down {apart} before any other Sentinel: that is not counted"
        )
    return Mark(outage.down_s[order[0]], order[0], "+sdown")


def _leader(change: Change, about: Sequence[Word], roster: Roster) -> str:
    """The Sentinel that promoted the new primary: by the lines of those that it told just before they switched, else by its own."""
    told = ""
    for word in about:
        is_told = word.kind == "+config-update-from" and len(word.said.words) > 1
        if is_told and abs(change.switched_s.get(word.node, math.inf) - word.at_s) <= TOLD_S:
            told = roster.sentinel(word.said.words[1])
            break
    if told in [node.name for node in roster.sentinels]:
        return told
    for word in about:
        if word.kind == "+promoted-slave" and word.said.subject == change.new:
            return word.node
    elected = [word for word in about if word.kind == "+elected-leader" and 0 <= change.first_s - word.at_s <= NEAR_S]
    return told or (elected[-1].node if elected else "")


def _promoted(new: str, near_s: float, about: Sequence[Word], leader: str, roster: Roster) -> Mark | None:
    """The replica's own line, else the leader's."""
    by_leader = [word for word in about if word.kind == "+promoted-slave" and word.said.subject == new]
    near_s = by_leader[0].at_s if by_leader else near_s
    node = next((one for one in roster.data if one.address == new), None)
    lines = list(node.log.of("promoted")) if node and node.log else []
    own = min(lines, key=lambda one: abs(one.unix_s - near_s), default=None)
    if node is not None and own is not None and abs(own.unix_s - near_s) <= NEAR_S:
        return Mark(own.unix_s, node.name, short(own.text))
    return Mark(by_leader[0].at_s, leader, "+promoted-slave") if by_leader else None


def _agree(steps: Steps, about: Sequence[Word], until_s: float, *, is_of_leader: bool) -> None:
    odowns = [word for word in about if word.kind == "+odown"]
    for word in odowns:
        steps.odown_s.setdefault(word.node, word.at_s)
    before = [word for word in odowns if word.at_s <= until_s]
    mine = [word for word in before if word.node == steps.leader]
    if mine:
        steps.marks["agree"] = Mark(mine[-1].at_s, steps.leader, "+odown")
    elif before and not is_of_leader and _has_just_agreed(before[0]):
        first = before[0]
        steps.marks["agree"] = Mark(first.at_s, first.node, "+odown")
    said = next((one for one in (*reversed(mine), *reversed(odowns)) if "#quorum" in one.said.words), None)
    if said is not None:
        after = said.said.words.index("#quorum") + 1
        steps.quorum = " ".join(said.said.words[after : after + 1])


def _has_just_agreed(word: Word) -> bool:
    """True for an ``+odown`` with no more votes than are needed: with more, another Sentinel may have seen the quorum agree long before."""
    agreed, _, needed = next((part for part in word.said.words if "/" in part), "").partition("/")
    return agreed == needed


def _elect(steps: Steps, about: Sequence[Word], until_s: float) -> None:
    for phase, kind in (("elect", "+elected-leader"), ("select", "+selected-slave")):
        found = [word for word in about if word.kind == kind and word.at_s <= until_s and word.node == steps.leader]
        if found:
            steps.marks[phase] = Mark(found[-1].at_s, steps.leader, kind)


def _reconfigure(steps: Steps, new: str, from_s: float, about: Sequence[Word], roster: Roster) -> None:
    """When the leader had reconfigured each replica, and all of them: after it promoted the new primary."""
    for word in about:
        if word.kind == "+slave-reconf-done" and word.said.subject != new:
            steps.replicas_s.setdefault(roster.named(word.said.subject), word.at_s)
    ends = [
        word
        for word in about
        if word.kind.startswith("+failover-end") and word.node == steps.leader and word.at_s >= from_s - TOLD_S
    ]
    if ends:
        steps.marks["reconfigure"] = Mark(ends[0].at_s, steps.leader, ends[0].kind)


# -- the fault


def _ordered(steps: Steps, words: Sequence[Word]) -> None:
    order = next((word for word in words if word.kind == "manual"), None)
    if order is not None:
        steps.fault = Mark(order.at_s, order.node, short(order.said.text))
        steps.fault_words = f"{order.node} got the order then"


def _fault(steps: Steps, outage: Outage, roster: Roster, words: Sequence[Word], alive_s: float) -> None:
    """When the primary was lost: by its own last words, else by the replicas that lost their links to it."""
    node = next((one for one in roster.data if one.address == outage.primary), None)
    noticed_s = steps.marks["detect"].at_s if "detect" in steps.marks else outage.from_s
    own = [one for one in (node.log.happenings if node and node.log else ()) if one.unix_s <= noticed_s]
    if own and node:
        last = own[-1]
        steps.last_sign = Mark(last.unix_s, node.name, short(last.text))
        ends = [one for one in own if one.kind in LAST_SIGNS and one.unix_s >= alive_s]
        if ends and not any(one.kind in ALIVE for one in own if one.unix_s > ends[-1].unix_s):
            first = _first_of_run(ends)
            steps.fault = Mark(first.unix_s, node.name, short(first.text))
            steps.fault_words = f"{node.name} wrote so itself"
            return
    if not outage.down_s:  # whether it was down first, or its replicas were led away from it by order, is not known
        _ordered(steps, words)
        return
    lost = [(other, one) for other in roster.data for one in lost_link(other, outage.primary, noticed_s)]
    lost = [(other, one) for other, one in lost if one.unix_s >= alive_s]
    if lost:
        other, one = min(lost, key=lambda pair: pair[1].unix_s)
        if not steps.last_sign or one.unix_s >= steps.last_sign.at_s - 1:
            steps.fault = Mark(one.unix_s, other.name, short(one.text))
            steps.fault_words = f"{other.name} lost its link then"


def _first_of_run(ends: Sequence[Happening]) -> Happening:
    """The first of the last words: an end of several lines took no more than some seconds."""
    run = [one for one in ends if one.unix_s >= ends[-1].unix_s - 60]
    return run[0]


def lost_link(node: Node, primary: str, until_s: float) -> Iterable[Happening]:
    """The last time that a replica lost its link to a primary, unless it found it again."""
    of, lost = "", None
    for one in node.log.happenings if node.log else ():
        if one.unix_s > until_s:
            break
        if one.kind in ("connecting", "reconfigured"):
            of = one.at()
        elif one.kind in OF_LINKS and of == primary:
            lost = lost or one
        elif one.kind in _FOLLOWS:
            lost = None
    return [lost] if lost else []


def short(text: str) -> str:
    """A line without what a server repeats of its client."""
    return text.split(" (user request from", 1)[0][:120]
