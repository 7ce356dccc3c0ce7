"""A panel: what one picture of a dashboard shows, for Grafana and for a page of our own alike.

Queries are PromQL as in alerts (:mod:`jsquared.monitor.alert`). ``<of>`` stands where a dashboard narrows them to deployments and
primaries, ``<in>`` where a series has no label for the primary; a page that shows one deployment leaves both out.
"""

from dataclasses import dataclass
from enum import StrEnum

from jsquared.monitor.profile import Profile

OF, IN = "<of>", "<in>"


class Shape(StrEnum):
    """The picture: lines, a lane of states for each series, or the number now."""

    LINES = "lines"
    STATES = "states"
    NUMBER = "number"


class Unit(StrEnum):
    """The unit of the values. A ratio is a part of 1."""

    COUNT = "count"
    BYTES = "bytes"
    RATIO = "ratio"
    SECONDS = "seconds"
    TIMES = "times"


class Tone(StrEnum):
    """The colour of a state: sound, bad, or neither."""

    GOOD = "good"
    BAD = "bad"
    PLAIN = "plain"


@dataclass(frozen=True)
class State:
    """The meaning of a value: a word and its colour."""

    value: int
    word: str
    tone: Tone


@dataclass(frozen=True)
class Query:
    """PromQL, and the name of each series that it gives: ``{{label}}`` stands for the value of a label."""

    expr: str
    legend: str

    def filled(self, profile: Profile, *, of: str = "", within: str = "") -> str:
        """Return the PromQL.

        :param of: matchers in the place of ``<of>``; ``within`` those of ``<in>``.
        """
        text = profile.filled(self.expr)
        for mark, matchers in ((OF, of), (IN, within)):
            text = (
                text.replace(mark, matchers) if matchers else text.replace(f", {mark}", "").replace(f"{{{mark}}}", "")
            )
        return text


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One panel. ``shows`` says in one or two sentences what is seen, and what would be bad."""

    name: str
    title: str
    shows: str
    shape: Shape = Shape.LINES
    unit: Unit = Unit.COUNT
    queries: tuple[Query, ...]
    states: tuple[State, ...] = ()
    """Of a panel of states: what its values mean."""
    limit: float | None = None
    """A line that should not be crossed."""
