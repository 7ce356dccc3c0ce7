"""The smallest explanation, in one word, for keys with a content that their operations cannot have left.

In the order in which they are tried:

- *lost*: acknowledged operations are missing, as few as possible; *resurrected* where all of them took something away
- *applied though refused*: an operation whose refusal was certain was applied
- *applied twice*: an operation was applied again, at any later moment
- *wrong order*: an operation was applied before or after its place
- *torn*: of two keys that change together each may hold what it holds, and not both
- *TTL lost*, *TTL wrong*: the values are right; a time to live is missing, or is another one
- *corrupted*: nothing of this explains it
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from jsquared.check.lifetimes import Lifetimes, Seen, same_value
from jsquared.check.reachable import Fate, Step, reachable
from jsquared.records.contents import STAYS
from jsquared.records.models.model import Held, Model

LOST, RESURRECTED = "lost", "resurrected"
REFUSED, TWICE, ORDER, TORN = "applied though refused", "applied twice", "wrong order", "torn"
TTL_LOST, TTL_WRONG, CORRUPTED = "TTL lost", "TTL wrong", "corrupted"
CAUSES = (LOST, RESURRECTED, REFUSED, TWICE, ORDER, TORN, TTL_LOST, TTL_WRONG, CORRUPTED)


@dataclass(frozen=True)
class Explanation:
    """A cause, with the steps that it is about: those lost, or the one applied twice, out of order or though refused."""

    cause: str
    steps: tuple[int, ...] = ()


@dataclass(frozen=True)
class Series:
    """The keys of one series: what may have been done to them, and what they hold.

    ``refused`` are operations that reached a server and were certainly not applied, with their places among ``steps``.
    """

    model: Model
    steps: tuple[Step, ...]
    seen: tuple[Seen | None, ...]
    lifetimes: Lifetimes
    refused: tuple[tuple[int, Step], ...] = ()

    def explains(self, steps: Sequence[Step]) -> bool:
        """True if these operations may have left the observed content."""
        start: tuple[Held | None, ...] = (None,) * len(self.model.suffixes)
        return any(self.lifetimes.agree(state, self.seen) for state in reachable(steps, self.model.apply, start))


def explain(series: Series) -> Explanation | None:
    """The smallest explanation of what the keys hold; None where the operations themselves explain it.

    :raises TooManyStatesError: there are too many possibilities to try them all.
    """
    if series.explains(series.steps):
        return None
    for find in (_lost, _refused, _twice, _moved, _torn, _lived_otherwise):
        explanation = find(series)
        if explanation is not None:
            return explanation
    return Explanation(CORRUPTED)


def _lost(series: Series) -> Explanation | None:
    """Without as few acknowledged operations as possible, of those the latest."""
    placed = [number for number, step in enumerate(series.steps) if step.fate is Fate.PLACED]
    for count in range(1, len(placed) + 1):
        for gone in combinations(reversed(placed), count):
            if series.explains([step for number, step in enumerate(series.steps) if number not in gone]):
                lost = tuple(sorted(series.steps[number].call.step for number in gone))
                taken = all(map(series.model.removes, lost))
                return Explanation(RESURRECTED if taken else LOST, lost)
    return None


def _refused(series: Series) -> Explanation | None:
    for place, step in series.refused:
        if series.explains([*series.steps[:place], step, *series.steps[place:]]):
            return Explanation(REFUSED, (step.call.step,))
    return None


def _twice(series: Series) -> Explanation | None:
    for number, step in enumerate(series.steps):
        again = replace(step, fate=Fate.PLACED)
        once = step if step.fate is Fate.LATE else again
        for place in range(number + 1, len(series.steps) + 1):
            if series.explains(
                [*series.steps[:number], once, *series.steps[number + 1 : place], again, *series.steps[place:]]
            ):
                return Explanation(TWICE, (step.call.step,))
    return None


def _moved(series: Series) -> Explanation | None:
    for steps, step in _orders(series.steps):
        if series.explains(steps):
            return Explanation(ORDER, (step.call.step,))
    return None


def _orders(steps: tuple[Step, ...]) -> Iterator[tuple[list[Step], Step]]:
    """Every order in which one operation has another place."""
    for number, step in enumerate(steps):
        others = [*steps[:number], *steps[number + 1 :]]
        for place in range(len(steps)):
            if place != number:
                yield [*others[:place], step, *others[place:]], step


def _torn(series: Series) -> Explanation | None:
    """Each key alone holds what some of the operations would have left."""
    if len(series.seen) < 2:
        return None
    start: tuple[Held | None, ...] = (None,) * len(series.seen)
    perhaps = [replace(step, fate=Fate.PERHAPS) for step in series.steps]
    states = reachable(perhaps, series.model.apply, start)
    alone = all(
        any(series.lifetimes.agree((state[number],), (seen,)) for state in states)
        for number, seen in enumerate(series.seen)
    )
    return Explanation(TORN) if alone else None


def _lived_otherwise(series: Series) -> Explanation | None:
    start: tuple[Held | None, ...] = (None,) * len(series.seen)
    for state in reachable(series.steps, series.model.apply, start):
        pairs = list(zip(state, series.seen, strict=True))
        if all((held is None and seen is None) or (held and seen and same_value(held, seen)) for held, seen in pairs):
            gone = any(held and seen and held.ttl_s is not None and seen.expires_ms == STAYS for held, seen in pairs)
            return Explanation(TTL_LOST if gone else TTL_WRONG)
    return None
