"""Planted contents, model by model: what operations cannot have left is named, and what they can have left is not."""

from dataclasses import replace

import pytest

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
    Explanation,
    Series,
    explain,
)
from jsquared.check.lifetimes import Lifetimes, Seen
from jsquared.check.reachable import Fate, Step
from jsquared.records.contents import STAYS
from jsquared.records.models.catalogue import MODELS, call_of
from jsquared.records.models.model import SERIES, Held, Model, State

BY_NAME = {model.name: number for number, model in enumerate(MODELS)}
READ_MS = 20_000.0


def steps_of(name: str, count: int = SERIES) -> list[Step]:
    """The first operations of a series, all acknowledged."""
    return [Step(call_of(b"t:", 3, n * len(MODELS) + BY_NAME[name]), Fate.PLACED) for n in range(count)]


def after(name: str, steps: list[Step]) -> State:
    """What the keys hold when these were applied in this order."""
    model = MODELS[BY_NAME[name]]
    state: State = (None,) * len(model.suffixes)
    for step in steps:
        state = model.apply(state, step.call)
    return state


def seen_of(held: Held | None, invoked_ms: list[float]) -> Seen | None:
    """What is read of a key that holds this, unless it has expired."""
    if held is None:
        return None
    expires = STAYS if held.ttl_s is None else invoked_ms[held.set_by] + held.ttl_s * 1000
    return Seen(held.type, held.value, expires) if expires > READ_MS else None


def series(name: str, steps: list[Step], state: State, **more: object) -> Series:
    """A series whose operations were given 100 ms apart, with keys that hold this."""
    invoked_ms = [1000.0 + 100 * number for number in range(SERIES)]
    seen = tuple(seen_of(held, invoked_ms) for held in state)
    return Series(MODELS[BY_NAME[name]], tuple(steps), seen, Lifetimes(invoked_ms, READ_MS), **more)  # type: ignore[arg-type]


def cause(name: str, state: State, steps: list[Step] | None = None) -> str:
    """The cause that is named for keys that hold this after eight acknowledged operations, or after these."""
    explanation = explain(series(name, steps_of(name) if steps is None else steps, state))
    return explanation.cause if explanation else ""


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_what_operations_leave_is_clean(model: Model) -> None:
    """After any number of acknowledged operations the keys hold what the model says, and nothing is found."""
    for count in range(SERIES + 1):
        steps = steps_of(model.name, count)
        assert explain(series(model.name, steps, after(model.name, steps))) is None


@pytest.mark.parametrize("model", [model for model in MODELS if model.name != "passing"], ids=lambda model: model.name)
def test_a_lost_operation_is_found(model: Model) -> None:
    """Without the last acknowledged operation the keys hold something else, and that operation is named; 'passing' has expired."""
    steps = steps_of(model.name)
    explanation = explain(series(model.name, steps, after(model.name, steps[:-1])))
    assert explanation == Explanation(RESURRECTED if model.removes(SERIES - 1) else LOST, (SERIES - 1,))


@pytest.mark.parametrize("fate", [Fate.PERHAPS, Fate.LATE])
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_an_unknown_operation_may_be_there_or_not(model: Model, fate: Fate) -> None:
    """Where the last operation's outcome is unknown, the keys may hold what is left with it and without it."""
    known = steps_of(model.name)[:-1]
    steps = [*known, replace(steps_of(model.name)[-1], fate=fate)]
    assert explain(series(model.name, steps, after(model.name, known))) is None
    assert explain(series(model.name, steps, after(model.name, steps))) is None


@pytest.mark.parametrize("name", ["counter", "append", "queue", "ranking", "stream", "transaction", "script"])
def test_an_operation_applied_twice_is_found(name: str) -> None:
    """What is added twice shows, and is told from a loss."""
    steps = steps_of(name)
    last = {"queue": 6, "ranking": 7}.get(name, 3)
    assert cause(name, after(name, [*steps[: last + 1], steps[last], *steps[last + 1 :]])) == TWICE


def test_a_deletion_applied_again_later_is_found() -> None:
    """SET acknowledged after DEL, and the key gone: the DEL came twice; a smaller loss would be the SET's."""
    steps = steps_of("deletion", 3)
    assert cause("deletion", (None,), steps) == LOST
    steps = steps_of("fields", 5)
    fields = dict(after("fields", steps)[0].value)  # type: ignore[union-attr]
    del fields[b"a"]
    assert cause("fields", (Held("hash", tuple(sorted(fields.items()))),), steps) == LOST


@pytest.mark.parametrize("name", ["append", "stream", "transaction"])
def test_the_wrong_order_is_found(name: str) -> None:
    """Two operations that were applied in the order opposite to that in which they were acknowledged."""
    steps = steps_of(name)
    assert cause(name, after(name, [*steps[:4], steps[5], steps[4], *steps[6:]])) == ORDER


def test_a_late_operation_is_not_the_wrong_order() -> None:
    """An operation that was never replied to may come after later ones; one that was replied to may not."""
    steps = steps_of("append", 3)
    late = [steps[0], replace(steps[1], fate=Fate.LATE), steps[2]]
    state = after("append", [steps[0], steps[2], steps[1]])
    assert cause("append", state, late) == ""
    assert cause("append", state, [steps[0], replace(steps[1], fate=Fate.PERHAPS), steps[2]]) == ORDER


@pytest.mark.parametrize("name", ["transaction", "script"])
def test_half_a_transaction_is_torn(name: str) -> None:
    """One key has what the other lacks."""
    steps = steps_of(name)
    assert cause(name, (after(name, steps)[0], *after(name, steps[:-1])[1:])) == TORN


def test_a_refused_operation_that_was_applied_is_found() -> None:
    """The server said that it had not applied it."""
    steps = steps_of("append", 3)
    found = series("append", [steps[0], steps[2]], after("append", steps), refused=((1, steps[1]),))
    assert explain(found) == Explanation(REFUSED, (1,))


def test_lifetimes_are_judged() -> None:
    """A time to live that is missing, too long or too short is named; within a second it is right."""
    steps = steps_of("lasting")
    clean = series("lasting", steps, after("lasting", steps))
    seen = clean.seen[0]
    assert seen is not None

    def named(expires_ms: float) -> str:
        explanation = explain(replace(clean, seen=(replace(seen, expires_ms=expires_ms),)))
        return explanation.cause if explanation else ""

    assert named(STAYS) == TTL_LOST
    assert named(seen.expires_ms - 10_000) == TTL_WRONG
    assert named(seen.expires_ms + 1_000_000) == TTL_WRONG
    assert named(seen.expires_ms + 900) == ""
    moved = replace(clean, lifetimes=replace(clean.lifetimes, moved=True))
    assert explain(replace(moved, seen=(None,))) is None, "a moved clock lets keys expire"
    assert explain(replace(moved, seen=(replace(seen, expires_ms=1.0),))) is None
    assert explain(replace(moved, seen=(replace(seen, expires_ms=STAYS),))) == Explanation(TTL_LOST)


def test_a_key_that_should_have_expired_is_found() -> None:
    """A key of a second that stays, or that would live for an hour, is there when nothing should be."""
    steps = steps_of("passing")
    held = after("passing", steps)[0]
    assert held is not None
    found = series("passing", steps, (None,))
    assert explain(found) is None
    assert explain(replace(found, seen=(Seen("string", held.value),))) == Explanation(TTL_LOST)
    hour = Seen("string", held.value, READ_MS + 3_600_000)
    assert explain(replace(found, seen=(hour,))) == Explanation(TTL_WRONG)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_what_nothing_explains_is_corrupted(model: Model) -> None:
    """A value that no operation wrote, or another type."""
    state: State = tuple(Held("string", b"rubbish") for _ in model.suffixes)
    assert cause(model.name, state) == CORRUPTED
    assert cause(model.name, tuple(Held("set", (b"x",)) for _ in model.suffixes)) == CORRUPTED
