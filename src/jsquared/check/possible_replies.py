"""The possible replies to the operations of a series, judged all together.

The reply to an operation follows from what its keys held at that moment. Operations were given one after the other, so that is one of the
contents that those before it may have led to (:mod:`jsquared.check.reachable`); and each reply that was seen rules out some of them for
all that comes later. An operation that was replied to was applied in its place; where it was not confirmed it may be gone since. One
without a reply may have been applied at any later moment, or never.

A reply that is not possible so *goes back* where it is possible once acknowledged operations may be gone as well: servers whose content
goes back to an earlier one, at any time, and any number of times. Otherwise it is *wrong*: more than was ever sent, what was never there,
or half of what happens together. No loss explains it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product

from jsquared.check.reachable import Configuration, Fate, Step, apply_late, require_few_flights
from jsquared.records.history import IDENTIFIER
from jsquared.records.models.kept_replies import CHOSEN, Kept, Reply, kept
from jsquared.records.models.model import Model, State
from jsquared.records.models.payloads import short_of

WRONG, BACK = "wrong reply", "reply that goes back"

Replies = tuple[Reply, ...]
"""All replies to one operation."""


@dataclass(frozen=True)
class Answered:
    """An operation that may have been applied, and what was replied to it; None where nothing was, or no one kept it."""

    step: Step
    reply: Kept | None = None


@dataclass(frozen=True)
class Impossible:
    """The first reply of a series that is not possible: that to ``step``, where one of ``due`` was. Its cause is that of the whole series:
    a reply that goes back, and another one that does not know of it, are wrong.

    ``lost`` are the acknowledged steps, as few as possible and of those the latest, without which it is possible; none for a wrong reply.
    """

    cause: str
    step: int
    due: tuple[Replies, ...]
    lost: tuple[int, ...] = ()


def find_impossible(model: Model, told: Sequence[Answered], *, moved: bool = False) -> Impossible | None:
    """The first reply that is not possible; None where all are.

    :param told: in the order in which they were given, without those that were certainly not applied.
    :param moved: a fault moved clocks, so what has a time to live may have expired at any time.
    :raises TooManyStatesError: there are more possibilities than anyone could look at.
    """
    search = _Search(model, told, moved=moved)
    stopped = search.stopped(told)
    if stopped is None:
        return None
    step = told[stopped.place].step.call.step
    if search.stopped(_perhaps(told, range(len(told)))) is not None:
        return Impossible(WRONG, step, stopped.due)
    return Impossible(BACK, step, stopped.due, search.lost(told[: stopped.place + 1]))


def _perhaps(told: Sequence[Answered], gone: Sequence[int]) -> list[Answered]:
    """The same, where acknowledged operations in these places may be gone."""
    return [
        replace(one, step=replace(one.step, fate=Fate.PERHAPS))
        if place in gone and one.step.fate is Fate.PLACED
        else one
        for place, one in enumerate(told)
    ]


@dataclass(frozen=True)
class _Stopped:
    """The place of the first reply that nothing explains, and what was due there."""

    place: int
    due: tuple[Replies, ...]


class _Search:
    """Follows everything that the keys of a series may hold through its operations."""

    def __init__(self, model: Model, told: Sequence[Answered], *, moved: bool) -> None:
        self._model, self._moved = model, moved
        self._identifiers = identifiers_of(told)
        self._start: State = (None,) * len(model.suffixes)
        require_few_flights([one.step for one in told])

    def stopped(self, told: Sequence[Answered]) -> _Stopped | None:
        """Return the place of the first unexplained reply, None where all are explained."""
        found: set[Configuration] = {(self._start, ())}
        for place, one in enumerate(told):
            right = {each for each in found if self._fits(each[0], one)}
            if not right:
                return _Stopped(place, self._due(found, one.step))
            found = self._after(found, right, one)
            apply_late(found, self._model.apply)
        return None

    def lost(self, told: Sequence[Answered]) -> tuple[int, ...]:
        """The smallest set of acknowledged operations that may be gone so that all is explained, of those the latest."""
        placed = [place for place, one in enumerate(told) if one.step.fate is Fate.PLACED]
        for count in range(1, len(placed) + 1):
            for gone in combinations(reversed(placed), count):
                if self.stopped(_perhaps(told, gone)) is None:
                    return tuple(sorted(told[place].step.call.step for place in gone))
        return ()

    def _after(self, found: set[Configuration], right: set[Configuration], one: Answered) -> set[Configuration]:
        """Return the possible configurations after an operation, from all those before and the part of them that fits the reply."""
        if one.step.fate is Fate.LATE:
            return {(state, (*pending, one.step)) for state, pending in found}
        applied = {(self._model.apply(state, one.step.call), pending) for state, pending in right}
        return applied if one.step.fate is Fate.PLACED else applied | found

    def _fits(self, state: State, one: Answered) -> bool:
        if one.reply is None:
            return True
        return any(self._says(seen, one.step, one.reply) for seen in self._seen(state))

    def _says(self, state: State, step: Step, reply: Kept) -> bool:
        due = self._model.replies(state, step.call)
        if due != (CHOSEN,):
            return kept(due) == reply
        entries = state[0].value if state[0] else ()
        known = (self._identifiers.get(text, -1) for _, text in entries)
        return reply[0] == IDENTIFIER and all(before < reply[1] for before in known)

    def _seen(self, state: State) -> Iterator[State]:
        """Yield the observable contents of the keys: where clocks were moved, those with a time to live may also be gone."""
        if not self._moved:
            yield state
            return
        yield from product(*((held, None) if held and held.ttl_s is not None else (held,) for held in state))

    def _due(self, found: set[Configuration], step: Step) -> tuple[Replies, ...]:
        due = {self._model.replies(seen, step.call) for state, _ in found for seen in self._seen(state)}
        return tuple(sorted(due, key=repr))


def identifiers_of(told: Sequence[Answered]) -> dict[bytes, int]:
    """The identifiers that were replied, by the text of the entry that each was given."""
    return {
        short_of(one.step.call): one.reply[1] for one in told if one.reply is not None and one.reply[0] == IDENTIFIER
    }
