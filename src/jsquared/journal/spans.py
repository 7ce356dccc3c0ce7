"""Spans of days that figures are computed over, and the figure of one: its value, and all that it was made from."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

HOUR_S = 3600.0


@dataclass(frozen=True)
class Span:
    """Days from the first to the last, both of them counted."""

    first: dt.date
    last: dt.date

    @property
    def days(self) -> int:
        """How many there are."""
        return (self.last - self.first).days + 1

    def has(self, day: dt.date) -> bool:
        """True if the day is one of them."""
        return self.first <= day <= self.last

    def before(self, number: int) -> "Span":
        """Return the span of the same length that ended so many lengths ago."""
        away = dt.timedelta(days=number * self.days)
        return Span(self.first - away, self.last - away)


@dataclass(frozen=True)
class Figure:
    """A value and what it was made from; ``value`` is None where it is not known, with the reason."""

    value: float | None
    n: int = 0
    items: Sequence[str] = field(default=())
    """What is behind it, or what speaks against it, by name."""
    reason: str = ""
    note: str = ""

    @classmethod
    def unknown(cls, reason: str) -> "Figure":
        """Return the figure of which nothing is known."""
        return cls(None, reason=reason)


def share(part: int, whole: int, items: Sequence[str] = (), *, of: str) -> Figure:
    """Return a percentage; not known where there is nothing to count.

    :param of: what is counted, for the reason.
    """
    return Figure(round(100 * part / whole, 1), whole, items) if whole else Figure.unknown(f"no {of} in this time")
