"""The wall clock of a node over time, which turns the stamps in its log into times on the trial's one clock.

A fault that sets a node's clock records a ``node-clock`` event: from then on the clock is ``ahead_ms`` ahead of the true one and gains
``rate_ppm`` microseconds a second. A log has only what the clock showed; its lines come in the order in which they were written.
"""

from collections.abc import Iterable
from typing import NamedTuple

from jsquared.records.event import Event
from jsquared.records.event_types import NodeClockSet

SLACK_MS = 50.0
"""So much may pass between the moment that is recorded and the one from which the server sees the change."""


class Span(NamedTuple):
    """From ``from_ms`` on the clock is ``ahead_ms`` ahead, and gains."""

    from_ms: float
    ahead_ms: float
    rate_ppm: int

    def true_ms(self, shown_ms: float) -> float:
        """The true time at which the clock shows ``shown_ms`` in this span."""
        if not self.rate_ppm:
            return shown_ms - self.ahead_ms
        return self.from_ms + (shown_ms - self.from_ms - self.ahead_ms) / (1 + self.rate_ppm / 1_000_000)


class NodeClock:
    """Translates the stamps of one node's log, line by line."""

    def __init__(self, changes: Iterable[NodeClockSet] = ()) -> None:
        """:param changes: the ``node-clock`` events of the node, in order."""
        self._spans = [Span(float("-inf"), 0.0, 0)]
        self._spans += [Span(event.t_ms, event.ahead_ms, event.rate_ppm) for event in changes]
        self._at = 0
        self._last_ms = float("-inf")

    def true_ms(self, shown_ms: float) -> float:
        """The true time of the next line, whose stamp is ``shown_ms`` (as if the clock were right)."""
        self._at = next(
            filter(lambda number: self._fits(number, shown_ms), range(self._at, len(self._spans))), self._at
        )
        self._last_ms = self._spans[self._at].true_ms(shown_ms)
        return self._last_ms

    def _fits(self, number: int, shown_ms: float) -> bool:
        """True if a line with this stamp may have been written in a span, after the line before it."""
        true_ms = self._spans[number].true_ms(shown_ms)
        ends_ms = self._spans[number + 1].from_ms if number + 1 < len(self._spans) else float("inf")
        return max(self._spans[number].from_ms, self._last_ms) - SLACK_MS <= true_ms < ends_ms + SLACK_MS


def node_clocks(events: Iterable[Event]) -> dict[str, NodeClock]:
    """The clocks of those nodes whose clock was set."""
    changes: dict[str, list[NodeClockSet]] = {}
    for event in events:
        if isinstance(event, NodeClockSet):
            changes.setdefault(event.source, []).append(event)
    return {name: NodeClock(own) for name, own in changes.items()}
