"""The lab's explanations of planted contents of a kind of operation, for its page: found by asking the checker itself.

All eight steps are acknowledged, a tenth of a second apart; something is done to the keys, they are read ten seconds after the first
step, and :func:`~jsquared.check.explanation.explain` names the cause.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from jsquared.check.explanation import Explanation, Series, explain
from jsquared.check.lifetimes import Lifetimes, Seen
from jsquared.check.possible_replies import BACK, Answered, find_impossible
from jsquared.check.reachable import Fate, Step
from jsquared.records import history as h
from jsquared.records.contents import STAYS
from jsquared.records.models.catalogue import MODELS, call_of, slots_of
from jsquared.records.models.kept_replies import CHOSEN, kept
from jsquared.records.models.model import SERIES, Call, Held, Model, State

EVERY_MS, READ_MS = 100.0, 10_000.0
HOUR_MS = 3_600_000.0
NOT_SEEN = "not seen"
_INVOKED_MS = tuple(EVERY_MS * step for step in range(SERIES))


def calls_of(model: Model) -> tuple[Call, ...]:
    """The operations of a kind's first series of the first client."""
    slots = slots_of(MODELS.index(model), 0)
    return tuple(call_of(h.KEY_PREFIX.encode(), 0, slot) for slot in slots)


def states_of(model: Model, calls: Sequence[Call]) -> list[State]:
    """Return the content of the keys after each of these operations."""
    states: list[State] = []
    state: State = (None,) * len(model.suffixes)
    for call in calls:
        state = model.apply(state, call)
        states.append(state)
    return states


def without(model: Model, step: int) -> str:
    """Return the cause named for a missing step."""
    calls = calls_of(model)
    return _named(model, [*calls[:step], *calls[step + 1 :]])


def again_at_once(model: Model, step: int) -> str:
    """Return the cause named for a step applied twice in a row."""
    calls = calls_of(model)
    return _named(model, [*calls[:step], calls[step], *calls[step:]])


def again_at_last(model: Model, step: int) -> str:
    """Return the cause named for a step applied again after all others."""
    calls = calls_of(model)
    return _named(model, [*calls, calls[step]])


def shows_loss(model: Model, lost: int, step: int) -> bool:
    """True if the reply to a step goes back where an earlier one is missing by then, and all others were answered rightly."""
    calls = calls_of(model)
    before = [(None,) * len(model.suffixes), *states_of(model, calls)]
    lacking = states_of(model, [*calls[:lost], *calls[lost + 1 : step]])
    told = [
        Answered(Step(call, Fate.PLACED), kept(model.replies(before[number], call)))
        for number, call in enumerate(calls[: lost + 1])
    ]
    told += [Answered(Step(call, Fate.PLACED)) for call in calls[lost + 1 : step]]
    state = lacking[-1] if lacking else before[0]
    told.append(Answered(Step(calls[step], Fate.PLACED), kept(model.replies(state, calls[step]))))
    if model.replies(state, calls[step]) == (CHOSEN,):
        return False
    found = find_impossible(model, told)
    return found is not None and found.cause == BACK


def changed_keys(model: Model) -> Iterator[tuple[int, str, str]]:
    """Yield the cause named for each way in which one key may differ at the end: the key's number, what is seen there, the cause."""
    states = states_of(model, calls_of(model))
    for number, held in enumerate(states[-1]):
        for words, seen in _ways(held, states[-2][number], alone=len(model.suffixes) == 1):
            shown = list(_read(states[-1]))
            shown[number] = seen
            yield number, words, named(_explained(model, shown))


def _ways(held: Held | None, before: Held | None, *, alone: bool) -> Iterator[tuple[str, Seen | None]]:
    """Everything that one key may be seen to hold instead, in words."""
    seen = _seen(held)
    if seen is not None:
        yield "it is gone", None
    if not alone:
        yield f"it is as it was before step {SERIES - 1}, and the other key is not", _seen(before)
    yield "it holds a value that was never written", Seen("string", b"?")
    if held is not None and held.ttl_s is not None:
        there = Seen(held.type, held.value, _expires_ms(held))
        yield "it has no time to live", replace(there, expires_ms=STAYS)
        yield "it would live an hour longer", replace(there, expires_ms=there.expires_ms + HOUR_MS)


def named(explanation: Explanation | None) -> str:
    """An explanation as a table shows it: ``lost (3)``, ``lost (1 to 7)``."""
    if explanation is None:
        return NOT_SEEN
    return f"{explanation.cause} ({_steps(explanation.steps)})" if explanation.steps else explanation.cause


def _steps(steps: tuple[int, ...]) -> str:
    if len(steps) > 2 and steps == tuple(range(steps[0], steps[-1] + 1)):
        return f"{steps[0]} to {steps[-1]}"
    return ", ".join(map(str, steps))


def _named(model: Model, applied: Sequence[Call]) -> str:
    return named(_explained(model, _read(states_of(model, applied)[-1])))


def _explained(model: Model, seen: Sequence[Seen | None]) -> Explanation | None:
    steps = tuple(Step(call, Fate.PLACED) for call in calls_of(model))
    return explain(Series(model, steps, tuple(seen), Lifetimes(_INVOKED_MS, READ_MS)))


def _read(state: State) -> tuple[Seen | None, ...]:
    return tuple(map(_seen, state))


def _seen(held: Held | None) -> Seen | None:
    """Return what is read from a key: None if it has expired."""
    if held is None or _expires_ms(held) <= READ_MS:
        return None
    return Seen(held.type, held.value, _expires_ms(held))


def _expires_ms(held: Held) -> float:
    return STAYS if held.ttl_s is None else _INVOKED_MS[held.set_by] + 1000 * held.ttl_s
