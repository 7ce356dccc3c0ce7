"""One failover step by step: the fault, who noticed it, who led, and when each phase ended and by whose line.

The phases are those of a trial's verdict where they are in the logs; ``select`` and ``promote`` together are the verdict's *promote*.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from jsquared.monitor.logs.changes import Change, Outage, Word
from jsquared.monitor.logs.document import PHASES
from jsquared.monitor.logs.happenings import Happening
from jsquared.monitor.logs.identify import Node, Roster

LAST_SIGNS = ("shutdown", "ended", "crashed", "out-of-memory")
"""Lines of a server after which it is gone."""
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
    notes: list[str] = field(default_factory=list)

    def without_others_times(self) -> None:
        """Forget the fault, unless the leader wrote it, and the old primary's last line: their times do not compare with the Sentinels'."""
        if self.fault is not None and self.fault.node != self.leader:
            self.fault, self.fault_words = None, ""
        self.last_sign = None


def steps_of(outage: Outage, words: Sequence[Word], roster: Roster) -> Steps:
    """Find the marks of an outage.

    :param words: what the Sentinels wrote of its primary until the next outage.
    """
    change = outage.change
    about = [word for word in words if word.said.primary == outage.primary]
    steps = Steps(leader=_leader(change, about, roster) if change else "")
    promoted = _promoted(change, about, steps.leader, roster) if change else None
    until_s = max(change.first_s, promoted.at_s if promoted else -math.inf) if change else math.inf
    steps.is_manual = _is_manual(steps, words, outage)
    if outage.down_s:
        first = min(outage.down_s, key=lambda name: outage.down_s[name])
        steps.marks["detect"] = Mark(outage.down_s[first], first, "+sdown")
    _agree(steps, about, until_s)
    _elect(steps, about, until_s)
    if promoted is not None:
        steps.marks["promote"] = promoted
    if change is not None:
        _announce(steps, change, about, roster)
        _reconfigure(steps, change, about, roster)
    _fault(steps, outage, roster, words)
    return steps


def _leader(change: Change, about: Sequence[Word], roster: Roster) -> str:
    """The Sentinel that promoted the new primary: by the lines of those that it told just before they switched, else by its own."""
    for word in about:
        is_told = word.kind == "+config-update-from" and len(word.said.words) > 1
        if is_told and abs(change.switched_s.get(word.node, math.inf) - word.at_s) <= TOLD_S:
            return roster.sentinel(word.said.words[1])
    for word in about:
        if word.kind == "+promoted-slave" and word.said.subject == change.new:
            return word.node
    elected = [word for word in about if word.kind == "+elected-leader" and word.at_s <= change.first_s]
    return elected[-1].node if elected else ""


def _promoted(change: Change, about: Sequence[Word], leader: str, roster: Roster) -> Mark | None:
    """The replica's own line, else the leader's."""
    by_leader = [word for word in about if word.kind == "+promoted-slave" and word.said.subject == change.new]
    near_s = by_leader[0].at_s if by_leader else change.first_s
    node = next((one for one in roster.data if one.address == change.new), None)
    lines = list(node.log.of("promoted")) if node and node.log else []
    own = min(lines, key=lambda one: abs(one.unix_s - near_s), default=None)
    if node is not None and own is not None and abs(own.unix_s - near_s) <= NEAR_S:
        return Mark(own.unix_s, node.name, short(own.text))
    return Mark(by_leader[0].at_s, leader, "+promoted-slave") if by_leader else None


def _is_manual(steps: Steps, words: Sequence[Word], outage: Outage) -> bool:
    """True if somebody ordered it, by the order's own line, or since its leader tried without a quorum."""
    if any(word.kind == "manual" for word in words):
        return True
    tried = [word for word in words if word.kind == "+try-failover" and word.node == steps.leader]
    return bool(tried) and not outage.down_s and not any(word.kind == "+odown" for word in words)


def _agree(steps: Steps, about: Sequence[Word], until_s: float) -> None:
    odowns = [word for word in about if word.kind == "+odown"]
    for word in odowns:
        steps.odown_s.setdefault(word.node, word.at_s)
    before = [word for word in odowns if word.at_s <= until_s]
    mine = [word for word in before if word.node == steps.leader]
    if mine:
        steps.marks["agree"] = Mark(mine[-1].at_s, steps.leader, "+odown")
    elif before:
        first = before[0]
        steps.marks["agree"] = Mark(first.at_s, first.node, "+odown")
    said = next((one for one in (*reversed(mine), *reversed(odowns)) if "#quorum" in one.said.words), None)
    if said is not None:
        after = said.said.words.index("#quorum") + 1
        steps.quorum = " ".join(said.said.words[after : after + 1])


def _elect(steps: Steps, about: Sequence[Word], until_s: float) -> None:
    for phase, kind in (("elect", "+elected-leader"), ("select", "+selected-slave")):
        found = [word for word in about if word.kind == kind and word.at_s <= until_s and word.node == steps.leader]
        if found:
            steps.marks[phase] = Mark(found[-1].at_s, steps.leader, kind)


def _announce(steps: Steps, change: Change, about: Sequence[Word], roster: Roster) -> None:
    """When a majority of the Sentinels gave the new address, the leader from the promotion on."""
    switched = dict(change.switched_s)
    for word in about:
        if word.node == steps.leader and word.kind == "+promoted-slave" and word.said.subject == change.new:
            switched[word.node] = min(switched.get(word.node, word.at_s), word.at_s)
    order = sorted(switched, key=lambda name: switched[name])
    majority = len(roster.sentinels) // 2 + 1
    if len(order) >= majority:
        name = order[majority - 1]
        said = "+promoted-slave" if switched[name] != change.switched_s.get(name) else "+switch-master"
        steps.marks["announce"] = Mark(switched[name], name, said)
    else:
        steps.notes.append(
            f"{len(order)} of {len(roster.sentinels)} Sentinels announced {roster.named(change.new)} in these logs, fewer than a majority"
        )


def _reconfigure(steps: Steps, change: Change, about: Sequence[Word], roster: Roster) -> None:
    for word in about:
        if word.kind == "+slave-reconf-done" and word.said.subject != change.new:
            steps.replicas_s.setdefault(roster.named(word.said.subject), word.at_s)
    ends = [word for word in about if word.kind.startswith("+failover-end") and word.node == steps.leader]
    if ends:
        steps.marks["reconfigure"] = Mark(ends[-1].at_s, steps.leader, ends[-1].kind)


# -- the fault


def _ordered(steps: Steps, words: Sequence[Word]) -> None:
    order = next((word for word in words if word.kind in ("manual", "+try-failover")), None)
    if order is not None:
        steps.fault = Mark(order.at_s, order.node, short(order.said.text))
        steps.fault_words = f"{order.node} got the order then"


def _fault(steps: Steps, outage: Outage, roster: Roster, words: Sequence[Word]) -> None:
    """When the primary was lost: by its own last words, else by the replicas that lost their links to it."""
    node = next((one for one in roster.data if one.address == outage.primary), None)
    noticed_s = steps.marks["detect"].at_s if "detect" in steps.marks else outage.from_s
    own = [one for one in (node.log.happenings if node and node.log else ()) if one.unix_s <= noticed_s]
    if own and node:
        last = own[-1]
        steps.last_sign = Mark(last.unix_s, node.name, short(last.text))
        ends = [one for one in own if one.kind in LAST_SIGNS]
        if ends and not any(one.kind == "ready" for one in own if one.unix_s > ends[-1].unix_s):
            first = _first_of_run(ends)
            steps.fault = Mark(first.unix_s, node.name, short(first.text))
            steps.fault_words = f"{node.name} wrote so itself"
            return
    if steps.is_manual and not outage.down_s:
        _ordered(steps, words)
        return
    lost = [(other, one) for other in roster.data for one in lost_link(other, outage.primary, noticed_s)]
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


class Took(NamedTuple):
    """A phase with the line that ends it, and how long it took."""

    phase: str
    mark: Mark
    ms: float
    since: str
    """The server whose line began it."""


def in_order(steps: Steps) -> list[Took]:
    """Each phase that a line ends, in the order of phases, with its duration; the first begins with the fault or is left out.

    A mark that is before the one above it does not run backwards: its phase takes no time, and the next begins where it would have.
    """
    start = steps.fault.at_s if steps.fault else None
    since = steps.fault.node if steps.fault else ""
    found = []
    for phase in PHASES:
        mark = steps.marks.get(phase)
        if mark is None:
            continue
        at_s = mark.at_s if start is None else max(start, mark.at_s)
        if start is not None:
            found.append(Took(phase, mark, (at_s - start) * 1000, since))
        start, since = at_s, mark.node
    return found
