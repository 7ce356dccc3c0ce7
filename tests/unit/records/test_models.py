"""The language of operations: what each number means, that its keys and values are unique, and what it leaves."""

from collections import Counter

import pytest

from jsquared.records.models.catalogue import MODELS, call_of, model_of, series_of, slots_of
from jsquared.records.models.model import SERIES, Held, Model, State
from jsquared.records.models.payloads import LARGE_BYTES, LARGE_EVERY, payload_of, short_of, size_of


def calls(name: str, series: int = 0) -> list[object]:
    """The calls of a series of a kind."""
    kind = [model.name for model in MODELS].index(name)
    return [call_of(b"p:", 1, slot) for slot in slots_of(kind, series)]


def test_a_slot_says_what_its_operation_is() -> None:
    """Kinds come in turn; eight operations of a kind share their keys."""
    slots = range(len(MODELS) * SERIES * 3)
    assert Counter(model_of(slot).name for slot in slots) == {model.name: SERIES * 3 for model in MODELS}
    for slot in slots:
        series, step = series_of(slot)
        kind = MODELS.index(model_of(slot))
        assert slots_of(kind, series)[step] == slot
    keys = {(model_of(slot).name, call_of(b"p:", 1, slot).keys) for slot in slots}
    assert len(keys) == 3 * len(MODELS)
    assert not {key for _, (key, *_) in keys} & {call_of(b"p:", 2, slot).keys[0] for slot in slots}


def test_names_of_keys_are_told_from_those_of_unique_writes() -> None:
    """They have their kind where those have a number."""
    assert call_of(b"jsq:", 2, len(MODELS) * 9 + 2).keys == (b"jsq:app:append:2:1",)
    assert call_of(b"jsq:", 2, 6).keys == (b"jsq:app:queue:2:0", b"jsq:app:queue:2:0:done")


def test_values_have_all_sizes_and_any_byte() -> None:
    """From 16 bytes to 64 kB, each one once; in every other series such that nothing compresses them."""
    sizes = Counter(size_of(number) for number in range(LARGE_EVERY * 10))
    assert (min(sizes), max(sizes), sizes[LARGE_BYTES]) == (16, LARGE_BYTES, 10)
    values = [payload_of(call_of(b"p:", 1, len(MODELS) * number)) for number in range(200)]
    assert len(set(values)) == 200
    assert all(len(value) == size_of(number) for number, value in enumerate(values))
    assert len(set(b"".join(values))) == 256
    assert {len(short_of(call_of(b"p:", 1, slot))) for slot in range(2000)} == {16}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_model_needs_the_commands_that_it_gives(model: Model) -> None:
    """Its list of commands is that of its eight operations, those inside its script included."""
    given = set()
    for call in calls(model.name):
        commands = model.commands(call)  # type: ignore[arg-type]
        given |= {str(words[0], "ascii") for words in commands if isinstance(words[0], bytes)}
    inner = {"APPEND", "INCR"} if model.name == "script" else set()
    assert given | inner == set(model.needs)


LEFT: dict[str, State] = {
    "counter": (Held("string", b"11111111"),),
    "queue": (
        Held("list", (b"1.0.6__________;", b"1.0.5__________;")),
        Held("list", (b"1.0.3__________;", b"1.0.1__________;", b"1.0.0__________;")),
    ),
    "ranking": (Held("zset", ((b"ann", 64.5), (b"bob", 145.0), (b"cid", 37.0))),),
    "deletion": (None,),
}


@pytest.mark.parametrize("name", LEFT)
def test_what_a_series_leaves(name: str) -> None:
    """Worked out by hand for the kinds whose content is not simply the last or every value."""
    model = next(model for model in MODELS if model.name == name)
    state: State = (None,) * len(model.suffixes)
    for call in calls(name):
        state = model.apply(state, call)  # type: ignore[arg-type]
    assert state == LEFT[name]


def test_a_script_calls_commands_by_the_names_that_they_have_there() -> None:
    """Renamed commands have their new names inside scripts too."""
    slot = [model.name for model in MODELS].index("script")
    [words] = model_of(slot).commands(call_of(b"p:", 0, slot, {"APPEND": "add", "EVAL": "do"}))
    assert b"redis.call('add', KEYS[1], ARGV[1])\nreturn redis.call('INCR', KEYS[2])" in words
