"""What operators between two results give: filters, sets and arithmetic, and vectors that never match."""

from dataclasses import replace

from jsquared.monitor.expressions.agreement import never_agreeing
from jsquared.monitor.expressions.expected_result import Cause, Presence, Result, never
from jsquared.monitor.expressions.ranges import (
    ANYTHING,
    COMPARISONS,
    FLIPPED,
    Range,
    always,
    arithmetic,
    as_truth,
    passing,
)
from jsquared.monitor.expressions.tree import Binary, Matcher, shown
from jsquared.text import listed


def numbers(node: Binary, left: Result, right: Result) -> Result:
    """Two numbers."""
    return Result(presence=Presence.ALWAYS, scalar=True, values=_computed(node, left.values, right.values))


def with_number(node: Binary, left: Result, right: Result) -> Result:
    """A vector and a number, in either order: a filter keeps the values of the vector."""
    vector, number = (right, left) if left.scalar else (left, right)
    if vector.is_never:
        return vector
    if node.op not in COMPARISONS or node.as_bool:
        return replace(
            vector, values=_computed(node, left.values, right.values), base=node, matchers=frozenset(), exact=ANYTHING
        )
    op = FLIPPED[node.op] if left.scalar else node.op
    kept = passing(op, vector.values, number.values)
    if kept.is_empty:
        subject, other = (node.right, node.left) if left.scalar else (node.left, node.right)
        return never(Cause(f"{shown(subject)} {vector.values}, so never {op} {shown(other)}"))
    stays = vector.presence is Presence.ALWAYS and always(op, vector.values, number.values)
    return replace(
        vector,
        values=kept,
        presence=Presence.ALWAYS if stays else Presence.MAYBE,
        exact=_exact(op, vector.exact, number.values),
    )


def _exact(op: str, exact: Range | None, number: Range) -> Range | None:
    """What a filter keeps, where that is a range: of one number, and not all but one."""
    one = number.points is not None and len(number.points) == 1 and not number.nan
    return passing(op, exact, number) if exact is not None and one and op != "!=" else None


def _computed(node: Binary, left: Range, right: Range) -> Range:
    return as_truth(node.op, left, right) if node.op in COMPARISONS else arithmetic(node.op, left, right)


def either(left: Result, right: Result) -> Result:
    """``or``."""
    if left.is_never and right.is_never:
        return never(*left.causes, *right.causes)
    if left.is_never or right.is_never:
        return replace(right if left.is_never else left, exact=None)
    surely = Presence.ALWAYS in (left.presence, right.presence)
    return Result(
        presence=Presence.ALWAYS if surely else Presence.MAYBE,
        values=left.values | right.values,
        has=left.has & right.has,
        may=None if left.may is None or right.may is None else left.may | right.may,
        targets=left.targets or right.targets,
        base=left.base if left.base == right.base else None,
        matchers=left.matchers & right.matchers,
        asks=left.asks & right.asks,
    )


def both(node: Binary, left: Result, right: Result, target_labels: frozenset[str]) -> Result:
    """``and``."""
    if left.is_never or right.is_never:
        return never(*left.causes, *right.causes)
    if unmatched := _unmatched(node, left, right, target_labels):
        return never(unmatched)
    values = left.values
    if _same_elements(node, left, right) and not (left.values.nan and right.values.nan):
        values = passing("==", left.values, right.values)
        if values.is_empty:
            message = f"both sides of 'and' are about one series, which {left.values} on the left but {right.values} on the right"
            return never(Cause(message, "or"))
    surely = node.on == frozenset() and left.presence is right.presence is Presence.ALWAYS
    asks = left.asks | _agreed(node, right)
    return replace(left, values=values, presence=Presence.ALWAYS if surely else Presence.MAYBE, exact=None, asks=asks)


def without(node: Binary, left: Result, right: Result, target_labels: frozenset[str]) -> Result:
    """``unless``."""
    if left.is_never or right.is_never or _unmatched(node, left, right, target_labels):
        return left
    if right.covers(left):
        return never(Cause(f"'unless {shown(node.right)}' takes away everything that is on its left"))
    if node.on == frozenset() and right.presence is Presence.ALWAYS:
        return never(Cause(f"'unless on () {shown(node.right)}' takes away everything: there is always a right side"))
    return replace(left, presence=Presence.MAYBE, exact=None)


def matched(node: Binary, left: Result, right: Result, target_labels: frozenset[str]) -> Result:
    """Arithmetic and comparisons between two vectors."""
    if node.filled and not (left.is_never and right.is_never):
        return Result()
    if left.is_never or right.is_never:
        return never(*left.causes, *right.causes)
    if unmatched := _unmatched(node, left, right, target_labels):
        return never(unmatched)
    filters = node.op in COMPARISONS and not node.as_bool
    values = passing(node.op, left.values, right.values) if filters else _computed(node, left.values, right.values)
    if filters and (values.is_empty or (node.op in "<>" and _same_elements(node, left, right))):
        sides = f"{shown(node.left)} {left.values} and {shown(node.right)} {right.values}"
        return never(Cause(f"{sides}, so the one is never {node.op} the other"))
    made = Result(values=values)
    if not node.grouped:
        has = left.has | right.has
        has = has & node.on if node.on is not None else left.has - (node.ignoring or frozenset())
        made = replace(
            made,
            has=has,
            may=node.on if node.on is not None else left.may,
            targets=node.on is None and left.targets,
            asks=_agreed(node, left) | _agreed(node, right),
        )
        if filters and node.on is None and node.ignoring is None:
            return replace(made, base=left.base, matchers=left.matchers)
    return replace(made, base=node, exact=ANYTHING)


def _same_elements(node: Binary, left: Result, right: Result) -> bool:
    """True if every pair that matches is one element of one vector."""
    return (
        left.base is not None and left.base == right.base and node.on is None and not node.ignoring and not node.grouped
    )


def lone_labels(node: Binary, left: Result, right: Result, target_labels: frozenset[str]) -> frozenset[str]:
    """Return the labels that are to agree and that every element of one side has, and none of the other."""
    lone = frozenset(
        label
        for one, other in ((left, right), (right, left))
        for label in one.has
        if other.lacks(label, target_labels) and (node.on is None or label in node.on)
    )
    return lone - (node.ignoring or frozenset())


def _agreed(node: Binary, side: Result) -> frozenset[Matcher]:
    """What a side asks of the labels in which both agree."""
    ignored = node.ignoring or frozenset()
    return frozenset(m for m in side.asks if (node.on is None or m.label in node.on) and m.label not in ignored)


def _unmatched(node: Binary, left: Result, right: Result, target_labels: frozenset[str]) -> Cause | None:
    """Why no element of one side has a partner on the other."""
    if found := never_agreeing(node, left, right):
        both = " and ".join(m.asked for m in found)
        return Cause(
            f"the two sides of '{node.op}' never match: {found[0].label} is never {both} at once", "ignoring (…)"
        )
    lone = lone_labels(node, left, right, target_labels)
    if not lone:
        return None
    names = listed(sorted(lone))
    if any(not side.targets and side.may and lone & other.has for side, other in ((left, right), (right, left))):
        return Cause(f"the sides of '{node.op}' never match: one has lost {names} by aggregation, or by 'on'")
    return Cause(f"the two sides of '{node.op}' never match: only one has {names}", "on (…)")
