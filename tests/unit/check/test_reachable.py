"""The search for every content that operations may have left, against an oracle that tries all orders."""

from collections.abc import Iterator, Sequence
from itertools import permutations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jsquared.check.reachable import Fate, Step, TooManyStatesError, reachable
from jsquared.records.models.catalogue import MODELS, call_of
from jsquared.records.models.model import Model, State

pytestmark = pytest.mark.unmeasured


def given_steps(kind: int, fates: Sequence[tuple[Fate, int]]) -> list[Step]:
    """The first operations of a series of a kind, with these fates and flights."""
    return [
        Step(call_of(b"t:", 0, step * len(MODELS) + kind), fate, flight) for step, (fate, flight) in enumerate(fates)
    ]


def oracle(model: Model, steps: Sequence[Step]) -> set[State]:
    """All final states, by trying every choice of operations and every order of those chosen that is allowed."""
    states = set()
    for kept in product((True, False), repeat=len(steps)):
        chosen = [number for number, keep in enumerate(kept) if keep]
        if all(keep or step.fate is not Fate.PLACED for keep, step in zip(kept, steps, strict=True)):
            for order in _orders(steps, chosen):
                state: State = (None,) * len(model.suffixes)
                for number in order:
                    state = model.apply(state, steps[number].call)
                states.add(state)
    return states


def _orders(steps: Sequence[Step], chosen: Sequence[int]) -> Iterator[tuple[int, ...]]:
    for order in permutations(chosen):
        if all(_allowed(steps, one, other) for place, one in enumerate(order) for other in order[place + 1 :]):
            yield order


def _allowed(steps: Sequence[Step], one: int, other: int) -> bool:
    """Whether operation ``one`` may be applied before ``other``: it was given earlier, or ``other`` may come late."""
    if one < other:
        return True
    late = steps[other].fate is Fate.LATE
    return late and (steps[one].fate is not Fate.LATE or steps[one].flight != steps[other].flight)


FATES = st.tuples(st.sampled_from(Fate), st.integers(0, 1))


@settings(max_examples=2500)
@given(st.integers(0, len(MODELS) - 1), st.lists(FATES, max_size=4))
def test_the_search_finds_what_trying_everything_finds(kind: int, fates: list[tuple[Fate, int]]) -> None:
    """On thousands of small histories of every kind, the states are those of the oracle: none is missed, none is made up."""
    model, steps = MODELS[kind], given_steps(kind, fates)
    assert reachable(steps, model.apply, (None,) * len(model.suffixes)) == oracle(model, steps)


@settings(max_examples=30)
@given(st.integers(0, len(MODELS) - 1), st.lists(FATES, min_size=6, max_size=6))
def test_the_search_finds_it_in_longer_histories_too(kind: int, fates: list[tuple[Fate, int]]) -> None:
    """A few histories of six operations, with all their orders."""
    model, steps = MODELS[kind], given_steps(kind, fates)
    assert reachable(steps, model.apply, (None,) * len(model.suffixes)) == oracle(model, steps)


def test_what_has_too_many_possibilities_is_not_guessed() -> None:
    """Appends that were in flight on five connections that broke are more than is tried; on four they are tried."""
    model = MODELS[2]
    four = given_steps(2, [(Fate.LATE, number % 4) for number in range(8)])
    assert len(reachable(four, model.apply, (None,))) > 1000
    steps = given_steps(2, [(Fate.LATE, number) for number in range(5)])
    with pytest.raises(TooManyStatesError):
        reachable(steps, model.apply, (None,))
