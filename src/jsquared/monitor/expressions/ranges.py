"""The values that something can have, and what arithmetic and comparisons leave of them.

Every number is a float as Prometheus has it, and rounding is monotone: the ends of a range, computed as Prometheus computes, bound what
Prometheus can get. ``> 10`` is therefore "from the next float on", and no range needs open ends.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

INF = math.inf
MOST_POINTS = 64
"""Of more values than so many only the lowest and the highest are remembered."""
ROUNDING = 1e-9
"""A mean of equal fractions can be off by so much of itself."""
FLIPPED = {"==": "==", "!=": "!=", ">": "<", "<": ">", ">=": "<=", "<=": ">="}
"""Comparisons to what they are with their sides changed over."""
COMPARISONS = frozenset(FLIPPED)


@dataclass(frozen=True)
class Range:
    """From ``low`` to ``high``, or exactly the ``points``; ``nan`` tells that it may be no number as well."""

    low: float = -INF
    high: float = INF
    points: frozenset[float] | None = None
    nan: bool = True

    @property
    def is_empty(self) -> bool:
        """True if there is no such value."""
        return self.low > self.high and not self.nan

    @property
    def is_whole(self) -> bool:
        """True if only some whole numbers are possible: sums of them are exact."""
        return self.points is not None and all(math.isfinite(point) and point == int(point) for point in self.points)

    def __or__(self, other: "Range") -> "Range":
        """What either has."""
        nan = self.nan or other.nan
        if self.points is not None and other.points is not None:
            return of_points(self.points | other.points, nan=nan)
        return Range(min(self.low, other.low), max(self.high, other.high), None, nan)

    def within(self, other: "Range") -> bool:
        """True if every value of this is one of the other."""
        if self.nan and not other.nan:
            return False
        if other.points is not None:
            return self.points is not None and self.points <= other.points
        return other.low <= self.low and self.high <= other.high

    def cut(self, low: float, high: float) -> "Range":
        """What of it lies between two numbers, which is none that is no number."""
        if self.points is not None:
            return of_points((point for point in self.points if low <= point <= high), nan=False)
        return Range(max(self.low, low), min(self.high, high), None, nan=False)

    def mapped(self, function: Callable[[float], float]) -> "Range":
        """What a function that never falls makes of it."""
        if self.points is not None:
            return of_points(map(function, self.points), nan=self.nan)
        return Range(function(self.low), function(self.high), None, self.nan)

    def mean(self) -> "Range":
        """What lies between its values: means and quantiles of them."""
        slack_low, slack_high = (
            0.0 if self.is_whole or not math.isfinite(end) else abs(end) * ROUNDING for end in (self.low, self.high)
        )
        # the difference of two infinities is no number
        nan = self.nan or not (math.isfinite(self.low) and math.isfinite(self.high))
        return Range(self.low - slack_low, self.high + slack_high, None, nan)

    def total(self) -> "Range":
        """A sum of one or more of its values."""
        return Range(
            self.low if self.low >= 0 else -INF,
            self.high if self.high <= 0 else INF,
            None,
            self.nan or self._ends_are_far(),
        )

    def _ends_are_far(self) -> bool:
        return self.low == -INF and self.high == INF

    def __str__(self) -> str:
        """What a sentence says: ``is 0 or 1``, ``is never below 0``."""
        if self.points is not None and len(self.points) <= 4:
            return f"is {' or '.join(f'{point:g}' for point in sorted(self.points))}"
        if self.low == -INF:
            return f"is never above {self.high:g}" if self.high < INF else "can be anything"
        return f"is never below {self.low:g}" if self.high == INF else f"is from {self.low:g} to {self.high:g}"


ANYTHING = Range()
NOT_NEGATIVE = Range(0.0, INF)
NOTHING = Range(INF, -INF, frozenset(), nan=False)


def of_points(points: Iterable[float], *, nan: bool = False) -> Range:
    """Return the range of some values."""
    kept = frozenset(points)
    if any(math.isnan(point) for point in kept):
        return ANYTHING
    if not kept:
        return Range(INF, -INF, kept, nan)
    return Range(min(kept), max(kept), kept if len(kept) <= MOST_POINTS else None, nan)


def passing(op: str, left: Range, right: Range) -> Range:
    """Return the values of the left that are ``op`` some value of the right."""
    if op == "==":
        return _equal(left, right)
    if op == "!=":
        one = right.points is not None and len(right.points) == 1 and not right.nan
        cut = one and left.points is not None
        return of_points((left.points or frozenset()) - (right.points or frozenset()), nan=left.nan) if cut else left
    # nothing is beyond infinity
    if (op, right.low) == (">", INF) or (op, right.high) == ("<", -INF):
        return NOTHING
    low = {">": math.nextafter(right.low, INF), ">=": right.low}.get(op, -INF)
    high = {"<": math.nextafter(right.high, -INF), "<=": right.high}.get(op, INF)
    return left.cut(low, high)


def _equal(left: Range, right: Range) -> Range:
    kept = left.cut(right.low, right.high)
    if right.points is None:
        return kept
    if kept.points is not None:
        return of_points(kept.points & right.points)
    return of_points(point for point in right.points if kept.low <= point <= kept.high)


def always(op: str, left: Range, right: Range) -> bool:
    """True if every value of the left is ``op`` every value of the right."""
    holds = {
        ">": left.low > right.high,
        ">=": left.low >= right.high,
        "<": left.high < right.low,
        "<=": left.high <= right.low,
        "==": left.low == left.high == right.low == right.high,
        "!=": left.high < right.low or right.high < left.low,
    }
    return holds[op] and not (left.nan or right.nan)


def as_truth(op: str, left: Range, right: Range) -> Range:
    """Return what ``op bool`` can give: 0, 1 or both."""
    if always(op, left, right):
        return of_points([1.0])
    return of_points([0.0] if passing(op, left, right).is_empty else [0.0, 1.0])


def arithmetic(op: str, left: Range, right: Range) -> Range:
    """Return what an operation between numbers can give; anything, where that is not easily said."""
    if left.is_empty or right.is_empty:
        return ANYTHING
    nan = left.nan or right.nan
    if left.points is not None and right.points is not None and len(left.points) * len(right.points) <= MOST_POINTS:
        values = [_computed(op, one, other) for one in left.points for other in right.points]
        return ANYTHING if None in values else of_points([v for v in values if v is not None], nan=nan)
    if op not in ("+", "-", "*", "/") or (op == "/" and right.low <= 0 <= right.high):
        return ANYTHING
    ends = [_computed(op, one, other) for one in (left.low, left.high) for other in (right.low, right.high)]
    known = [end for end in ends if end is not None]
    if op == "*" and len(known) < len(ends):
        # 0 times infinity is no number, and what is near it can be anything of that sign
        known += [
            0.0,
            *([INF] if max(left.high, right.high) == INF else []),
            *([-INF] if min(left.low, right.low) == -INF else []),
        ]
    elif len(known) < len(ends):
        return ANYTHING
    infinite = any(math.isinf(end) for end in (left.low, left.high, right.low, right.high))
    return Range(min(known), max(known), None, nan or infinite)


def _computed(op: str, left: float, right: float) -> float | None:
    """One value; None where Prometheus gets no number, or where Python and Go might differ."""
    try:
        match op:
            case "+":
                value = left + right
            case "-":
                value = left - right
            case "*":
                value = left * right
            case "/":
                value = left / right
            case "%":
                value = math.fmod(left, right)
            case _:
                return None
    except (ZeroDivisionError, OverflowError, ValueError):
        return None
    return None if math.isnan(value) else value + 0.0  # no -0, which reads badly
