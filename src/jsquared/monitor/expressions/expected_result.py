"""What can be said of the result of an expression before anything is computed."""

from dataclasses import dataclass
from enum import Enum, auto

from jsquared.monitor.expressions.ranges import ANYTHING, NOTHING, Range
from jsquared.monitor.expressions.tree import Matcher, Node


class Presence(Enum):
    """Whether a vector has elements: never, at times, at all times."""

    NEVER = auto()
    MAYBE = auto()
    ALWAYS = auto()


@dataclass(frozen=True)
class Cause:
    """Why something is always empty, and what to write instead."""

    message: str
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class Result:
    """A vector or, where ``scalar`` says so, one number.

    ``has`` are labels that every element has, with a value; ``may`` those beside which it has none, None where nobody knows, and with
    ``targets`` those of the targets too.

    ``base`` is what the elements have their values from: each is an element of it, with the same labels. ``matchers`` are those that
    every element fulfils. Where ``exact`` is a range, every element of the base with such a value and these matchers is there.
    ``asks`` are the matchers that the labels of every element fulfil, whatever its value comes from.
    """

    presence: Presence = Presence.MAYBE
    values: Range = ANYTHING
    scalar: bool = False
    causes: tuple[Cause, ...] = ()
    has: frozenset[str] = frozenset()
    may: frozenset[str] | None = None
    targets: bool = False
    base: Node | None = None
    matchers: frozenset[Matcher] = frozenset()
    exact: Range | None = None
    asks: frozenset[Matcher] = frozenset()

    @property
    def is_never(self) -> bool:
        """True if it has no elements, ever."""
        return self.presence is Presence.NEVER

    def lacks(self, label: str, target_labels: frozenset[str]) -> bool:
        """True if no element has this label."""
        return self.may is not None and label not in self.may and not (self.targets and label in target_labels)

    def covers(self, other: "Result") -> bool:
        """True if every element of the other one is in this as well."""
        same = self.base is not None and self.base == other.base and self.matchers <= other.matchers
        return same and self.exact is not None and other.values.within(self.exact)


def never(*causes: Cause) -> Result:
    """Return a result without elements."""
    return Result(presence=Presence.NEVER, values=NOTHING, causes=tuple(dict.fromkeys(causes)))
