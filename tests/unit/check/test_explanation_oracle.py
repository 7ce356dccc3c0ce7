"""The smallest explanation of what keys hold, against an oracle that tries every order of everything that each word allows.

The oracle knows what the words mean and nothing of how they are found: what may have been applied is a list of applications, each of which
may be left out or not, and must come after some others. All contents that any such list leaves are compared with what is seen.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from jsquared.check.explanation import (
    CORRUPTED,
    LOST,
    ORDER,
    REFUSED,
    RESURRECTED,
    TORN,
    TTL_LOST,
    TTL_WRONG,
    TWICE,
    Series,
    explain,
)
from jsquared.check.lifetimes import Lifetimes, Seen
from jsquared.check.reachable import Fate, Step
from jsquared.records.contents import STAYS
from jsquared.records.models.catalogue import MODELS, call_of
from jsquared.records.models.model import Call, Held, Model, State

pytestmark = pytest.mark.unmeasured

READ_MS, SLACK_MS = 20_000.0, 1000.0
INVOKED_MS = tuple(1000.0 + 100 * step for step in range(8))
NOTHING = ""


@cache
def call(kind: int, step: int) -> Call:
    """The operation of a step of a kind's first series."""
    return call_of(b"t:", 0, step * len(MODELS) + kind)


# --- The oracle.


@dataclass(frozen=True)
class Once:
    """One application of an operation: ``after`` are the numbers of those that it never comes before."""

    call: Call
    surely: bool
    after: frozenset[int]


def given_in_order(steps: Sequence[Step]) -> list[Once]:
    """What the fates say: an operation comes after all earlier ones that were not late, a late one also after those of its flight."""
    return [
        Once(step.call, step.fate is Fate.PLACED, frozenset(n for n in range(number) if bound(steps[n], step)))
        for number, step in enumerate(steps)
    ]


def bound(earlier: Step, later: Step) -> bool:
    """Whether the later of two operations cannot be applied before the earlier one."""
    return earlier.fate is not Fate.LATE or (later.fate is Fate.LATE and earlier.flight == later.flight)


def with_another(steps: Sequence[Step], number: int) -> list[Once]:
    """One operation surely applied, and surely applied again, at any later moment."""
    again = frozenset(n for n in range(number + 1) if n == number or steps[n].fate is not Fate.LATE)
    surely = steps[number].fate is not Fate.LATE
    first = [replace(one, surely=one.surely or (surely and n == number)) for n, one in enumerate(given_in_order(steps))]
    if not surely:
        again -= {number}
    return [*first, Once(steps[number].call, surely=True, after=again)]


def contents(model: Model, applications: Sequence[Once]) -> Iterator[State]:
    """What any choice of applications leaves, in any order that is allowed."""
    sure = [number for number, one in enumerate(applications) if one.surely]
    unsure = [number for number, one in enumerate(applications) if not one.surely]
    for count in range(len(unsure) + 1):
        for chosen in combinations(unsure, count):
            yield from exactly(model, applications, frozenset([*sure, *chosen]))


def exactly(model: Model, applications: Sequence[Once], kept: frozenset[int]) -> Iterator[State]:
    """What these applications leave, in any order that is allowed."""
    start: State = (None,) * len(model.suffixes)
    waiting = [(start, kept)]
    while waiting:
        state, left = waiting.pop()
        if not left:
            yield state
        waiting += [
            (model.apply(state, applications[number].call), left - {number})
            for number in left
            if not applications[number].after & left
        ]


def is_seen(held: Held | None, seen: Seen | None, *, moved: bool) -> bool:
    """Whether a key that holds this may be seen so; where clocks moved, what has a lifetime may end at any time."""
    if seen is None:
        return held is None or (held.ttl_s is not None and (moved or end_of(held)[0] <= READ_MS + SLACK_MS))
    if held is None or (held.type, held.value) != (seen.type, seen.value):
        return False
    if held.ttl_s is None or seen.expires_ms == STAYS:
        return held.ttl_s is None and seen.expires_ms == STAYS
    earliest, latest = end_of(held)
    return moved or earliest - SLACK_MS <= seen.expires_ms <= latest + SLACK_MS


def end_of(held: Held) -> tuple[float, float]:
    """When the key may expire: applied between the moment when it was sent and that of the reading."""
    assert held.ttl_s is not None
    return INVOKED_MS[held.set_by] + 1000 * held.ttl_s, READ_MS + 1000 * held.ttl_s


def fits(series: Series, applications: Sequence[Once]) -> bool:
    """Whether what is seen is one of the contents."""
    return any(
        all(is_seen(held, seen, moved=series.lifetimes.moved) for held, seen in zip(state, series.seen, strict=True))
        for state in contents(series.model, applications)
    )


def oracle(series: Series) -> tuple[str, set[tuple[int, ...]]]:
    """The cause, and every set of steps that may be named for it."""
    steps = series.steps
    if fits(series, given_in_order(steps)):
        return NOTHING, {()}
    for find in (lost, refused, twice, moved, torn, lived_otherwise):
        cause, about = find(series)
        if about:
            return cause, about
    return CORRUPTED, {()}


def lost(series: Series) -> tuple[str, set[tuple[int, ...]]]:
    """The smallest sets of acknowledged operations without which it fits; of those the one with the latest steps."""
    steps = series.steps
    placed = [number for number, step in enumerate(steps) if step.fate is Fate.PLACED]
    found = [
        gone
        for count in range(1, len(placed) + 1)
        for gone in combinations(placed, count)
        if fits(series, given_in_order([step for number, step in enumerate(steps) if number not in gone]))
    ]
    smallest = [gone for gone in found if len(gone) == min(map(len, found))]
    if not smallest:
        return LOST, set()
    named = tuple(steps[number].call.step for number in max(smallest, key=lambda gone: gone[::-1]))
    return (RESURRECTED if all(series.model.removes(step) for step in named) else LOST), {named}


def refused(series: Series) -> tuple[str, set[tuple[int, ...]]]:
    """A refused operation that was applied in its place."""
    steps = series.steps
    return REFUSED, {
        (step.call.step,)
        for place, step in series.refused
        if fits(series, given_in_order([*steps[:place], step, *steps[place:]]))
    }


def twice(series: Series) -> tuple[str, set[tuple[int, ...]]]:
    """An operation that was applied again."""
    return TWICE, {
        (step.call.step,)
        for number, step in enumerate(series.steps)
        if fits(series, with_another(series.steps, number))
    }


def moved(series: Series) -> tuple[str, set[tuple[int, ...]]]:
    """An operation that had another place in the order."""
    found = set()
    for number, step in enumerate(series.steps):
        others = [*series.steps[:number], *series.steps[number + 1 :]]
        for place in range(len(series.steps)):
            if fits(series, given_in_order([*others[:place], step, *others[place:]])):
                found.add((step.call.step,))
    return ORDER, found


def torn(series: Series) -> tuple[str, set[tuple[int, ...]]]:
    """Each of two keys holds what some of the operations leave in it, in their order."""
    some = given_in_order([replace(step, fate=Fate.PERHAPS) for step in series.steps])
    states = list(contents(series.model, some))
    moved = series.lifetimes.moved
    alone = all(any(is_seen(state[key], seen, moved=moved) for state in states) for key, seen in enumerate(series.seen))
    return TORN, {()} if alone and len(series.seen) > 1 else set()


def lived_otherwise(series: Series) -> tuple[str, set[tuple[int, ...]]]:
    """The values are right and a lifetime is not."""
    for state in contents(series.model, given_in_order(series.steps)):
        same = [
            (held and (held.type, held.value)) == (seen and (seen.type, seen.value))
            for held, seen in zip(state, series.seen, strict=True)
        ]
        if all(same):
            stays = [
                seen is not None and held is not None and held.ttl_s is not None and seen.expires_ms == STAYS
                for held, seen in zip(state, series.seen, strict=True)
            ]
            return (TTL_LOST if any(stays) else TTL_WRONG), {()}
    return TTL_LOST, set()


# --- Random histories.


def seen_of(held: Held | None, shift_ms: float) -> Seen | None:
    """What is read of a key that holds this; ``shift_ms`` moves its end, STAYS takes it away."""
    if held is None:
        return None
    expires_ms = STAYS if held.ttl_s is None else end_of(held)[0] + shift_ms
    return None if expires_ms <= READ_MS else Seen(held.type, held.value, expires_ms)


def applied(kind: int, order: Sequence[int]) -> State:
    """What the keys hold after these steps in this order."""
    state: State = (None,) * len(MODELS[kind].suffixes)
    for step in order:
        state = MODELS[kind].apply(state, call(kind, step))
    return state


@st.composite
def histories(draw: st.DrawFn) -> Series:
    """A few operations of any kind, and keys that hold what some steps leave, near to those that were given or not."""
    kind = draw(st.integers(0, len(MODELS) - 1))
    count = draw(st.integers(1, 4))
    fate = st.sampled_from([Fate.PLACED, Fate.PLACED, Fate.PLACED, Fate.PERHAPS, Fate.LATE, None])
    fates = [draw(fate) for _ in range(count)]
    steps = [Step(call(kind, n), fate, draw(st.integers(0, 1))) for n, fate in enumerate(fates) if fate is not None]
    refused = [
        (sum(one is not None for one in fates[:n]), Step(call(kind, n), Fate.PLACED))
        for n, fate in enumerate(fates)
        if fate is None
    ]
    order = [n for n in range(count) if draw(st.integers(0, 9))]
    for _ in range(draw(st.integers(0, 2))):
        order.insert(draw(st.integers(0, len(order))), draw(st.integers(0, count - 1)))
    if not draw(st.integers(0, 3)):
        order = draw(st.permutations(order))
    shift = draw(st.sampled_from([0.0, 0.0, 900.0, 30_000.0, STAYS]))
    seen = [seen_of(held, shift) for held in applied(kind, order)]
    if not draw(st.integers(0, 3)):
        seen[-1] = seen_of(applied(kind, order[:-1])[-1], 0.0)
    return Series(
        MODELS[kind], tuple(steps), tuple(seen), Lifetimes(INVOKED_MS, READ_MS, draw(st.booleans())), tuple(refused)
    )


@settings(max_examples=1500)
@given(histories())
def test_the_explanation_is_the_smallest_of_all(series: Series) -> None:
    """On small random histories of every kind, the cause and its steps are those that trying everything gives."""
    cause, about = oracle(series)
    found = explain(series)
    event(cause)
    assert (found.cause if found else NOTHING) == cause
    assert (found.steps if found else ()) in about


@pytest.mark.parametrize("kind", range(len(MODELS)), ids=lambda kind: MODELS[kind].name)
def test_of_whole_series_the_same_steps_are_named(kind: int) -> None:
    """After all eight steps but one or two the oracle names the same steps: of equally small explanations that with the latest."""
    steps = tuple(Step(call(kind, step), Fate.PLACED) for step in range(8))
    for gone in [*combinations(range(8), 1), *combinations(range(2, 8), 2)]:
        state = applied(kind, [step for step in range(8) if step not in gone])
        seen = tuple(seen_of(held, 0.0) for held in state)
        series = Series(MODELS[kind], steps, seen, Lifetimes(INVOKED_MS, READ_MS))
        cause, about = oracle(series)
        found = explain(series)
        assert (found.cause if found else NOTHING) == cause
        assert (found.steps if found else ()) in about
