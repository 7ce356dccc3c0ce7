"""Every content that the keys of a series may have at the end, after what is known of each operation on them.

Operations were given one after the other, so those that were applied at once were applied in that order. An acknowledged operation was
applied in its place. One that was replied to, and then not confirmed by enough replicas, was applied in its place or is gone. One that
was never replied to may have been applied at any later moment, or never: its bytes may lie in the socket of a server that hangs. Those
that were in flight on one connection when it broke were applied, if at all, in their order.

The search is exact: all operations and all moments are tried, and states that are equal are followed once.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from jsquared.records.models.model import Call, State

MOST_FLIGHTS = 4
"""A connection breaks once or twice within the second that a series takes; one that broke more often under it is not judged."""


class Fate(Enum):
    """The possible application of an operation: whether it was applied, and when."""

    PLACED = "applied in its place"
    PERHAPS = "applied in its place, or gone"
    LATE = "applied in its place, at any later moment, or never"


@dataclass(frozen=True)
class Step:
    """An operation that may have been applied. ``flight`` is the same for those that were in flight together when a connection broke."""

    call: Call
    fate: Fate
    flight: int = 0


class TooManyStatesError(Exception):
    """There are too many possibilities to try them all."""


Apply = Callable[[State, Call], State]
Configuration = tuple[State, tuple[Step, ...]]
"""A state, with the late operations that may still be applied to it."""


def reachable(steps: Sequence[Step], apply: Apply, start: State) -> set[State]:
    """All states that the operations may have led to.

    :param steps: in the order in which they were given, without those that were certainly not applied.
    :raises TooManyStatesError: there are more than anyone could look at.
    """
    require_few_flights(steps)
    found: set[Configuration] = {(start, ())}
    for step in steps:
        if step.fate is Fate.LATE:
            found = {(state, (*pending, step)) for state, pending in found}
        else:
            applied = {(apply(state, step.call), pending) for state, pending in found}
            found = applied if step.fate is Fate.PLACED else applied | found
        apply_late(found, apply)
    return {state for state, _ in found}


def require_few_flights(steps: Sequence[Step]) -> None:
    """Refuse what cannot be searched.

    :raises TooManyStatesError: connections broke too often under these operations.
    """
    if len({step.flight for step in steps if step.fate is Fate.LATE}) > MOST_FLIGHTS:
        raise TooManyStatesError


def apply_late(found: set[Configuration], apply: Apply) -> None:
    """Add what comes of applying late operations now, in every order that is possible."""
    waiting = [one for one in found if one[1]]
    while waiting:
        state, pending = waiting.pop()
        for number, step in enumerate(pending):
            left = tuple(_without(pending, number, step))
            one = (apply(state, step.call), left)
            if one not in found:
                found.add(one)
                waiting.append(one)


def _without(pending: tuple[Step, ...], number: int, applied: Step) -> Iterable[Step]:
    """Yield the operations that may still follow this one: none sent before it on the same connection."""
    return (
        step
        for place, step in enumerate(pending)
        if place != number and (place > number or step.flight != applied.flight)
    )
