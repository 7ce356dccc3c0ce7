"""Matchers of one label that no value fulfils together, in one selector or on the two sides of an operator."""

from collections.abc import Iterable, Mapping, Sequence

from jsquared.monitor.expressions.expected_result import Result
from jsquared.monitor.expressions.tree import Binary, Matcher

MOST_MATCHERS = 40
"""Of more matchers of one label nothing is said: each is held against each."""
MOST_VALUES = 100
"""Nor of a matcher that lists more values."""


def by_label(matchers: Iterable[Matcher]) -> Mapping[str, list[Matcher]]:
    """Return the matchers of each label, in an order that is always the same."""
    found: dict[str, list[Matcher]] = {}
    for matcher in sorted(matchers, key=lambda m: (m.label, m.op, m.value)):
        found.setdefault(matcher.label, []).append(matcher)
    return found


def contradiction(matchers: Sequence[Matcher]) -> list[Matcher]:
    """Return matchers of one label that no value fulfils together; none, where there may be one."""
    if len(matchers) > MOST_MATCHERS:
        return []
    for listing in matchers:
        values = listing.values()
        if values is None or len(values) > MOST_VALUES:
            continue
        others = [m for m in matchers if m != listing]
        if all(any(not other.accepts(value) for other in others) for value in values):
            alone = [other for other in others if not any(map(other.accepts, values))]
            return [listing, *(alone[:1] or others)]
    return []


def never_agreeing(node: Binary, left: Result, right: Result) -> list[Matcher]:
    """Return matchers on the two sides of an operator that exclude each other, of a label in which the sides must agree."""
    ours, theirs = by_label(left.asks), by_label(right.asks)
    for label in sorted(ours.keys() & theirs.keys()):
        agree = (node.on is None or label in node.on) and label not in (node.ignoring or ())
        if agree and (found := contradiction([*dict.fromkeys([*ours[label], *theirs[label]])])):
            return found
    return []
