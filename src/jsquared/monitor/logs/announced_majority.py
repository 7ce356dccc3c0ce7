"""When a majority of the Sentinels gave a new primary's address, as far as the lines of those that there are tell."""

from collections.abc import Sequence

from jsquared.monitor.logs.changes import BEFORE_S, Change, Word
from jsquared.monitor.logs.clock_doubt import TOLERATED_S
from jsquared.monitor.logs.identify import Roster
from jsquared.text import duration

UNCERTAIN_S = 0.5
"""A majority is known to that: Sentinels tell each other in tenths of a second, and a leader itself switches a second or more later."""


def majority_announced(
    change: Change, about: Sequence[Word], leader: str, quorum: str, roster: Roster
) -> tuple[tuple[str, float, str] | None, list[str]]:
    """Return who completed a majority, when, and by a line of which kind, with notes about how certain that is.

    The leader gives the new address from the promotion on. None where the lines do not tell: too few Sentinels announced it, how many there
    are is not known, or one whose line is missing may have completed the majority much earlier.
    """
    switched, promoted = dict(change.switched_s), ""
    for word in about:
        if word.node == leader and word.kind == "+promoted-slave" and word.said.subject == change.new:
            switched[word.node] = min(switched.get(word.node, word.at_s), word.at_s)
            promoted = word.node if switched[word.node] == word.at_s else ""
    order = sorted(switched, key=lambda name: switched[name])
    new, number = roster.named(change.new), sentinels_at_least(quorum, about, roster)
    is_named = any(node.name == leader for node in roster.sentinels)
    number += bool(leader) and not is_named
    majority = number // 2 + 1
    if not number:
        return None, [f"{order[0]} alone announced {new}, and how many Sentinels there are is not known"]
    if len(order) < majority:
        return None, [f"{len(order)} of {number} Sentinels announced {new} in these logs, fewer than a majority"]
    name = order[majority - 1]
    at_s = switched[name]
    if at_s - switched[order[0]] > BEFORE_S:
        apart = duration((at_s - switched[order[0]]) * 1000)
        return None, [
            f"the announcements of {new} by a majority are {apart} apart: lines between them are missing, or Sentinels were away"
        ]
    certain = [one for one in order if one != leader or one == promoted]
    earlier_s = at_s - _first_possible(switched, certain, number, majority, at_s, is_named=is_named)
    if earlier_s > UNCERTAIN_S:
        before = f"{duration(earlier_s * 1000)} before {name} did"
        return None, [f"a Sentinel's line about {new} is missing, and a majority may have announced it up to {before}"]
    notes = []
    if earlier_s > TOLERATED_S:
        notes = [
            f"without the lines of all Sentinels, a majority may have announced it {duration(earlier_s * 1000)} earlier"
        ]
    return (name, at_s, "+promoted-slave" if name == promoted else "+switch-master"), notes


def _first_possible(
    switched: dict[str, float], certain: Sequence[str], number: int, majority: int, at_s: float, *, is_named: bool
) -> float:
    """When a majority may have been reached at the earliest: if all whose lines are missing were the first."""
    missing = number - len(certain) + (not is_named)  # one of them may be the leader, whose own line comes last
    needed = majority - missing
    if needed > 0:
        return min(at_s, switched[certain[needed - 1]])
    return min(switched.values())


def sentinels_at_least(quorum: str, about: Sequence[Word], roster: Roster) -> int:
    """How many Sentinels there are, as far as lines tell; 0 where one is known and nothing says that it is alone.

    :param quorum: of ``+odown``, such as ``2/2``; empty where it is not known.

    A quorum names as many as agreed and as have to. A leader that nobody else voted for was elected by itself alone.
    """
    said = [int(part) for part in quorum.split("/") if part.isdecimal() and len(part) < 4]
    number = max(len(roster.sentinels), *said) if said else len(roster.sentinels)
    if number > 1:
        return number
    return int(any(word.kind == "+elected-leader" for word in about))
