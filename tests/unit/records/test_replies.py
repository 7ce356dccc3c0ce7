"""What is kept of replies: the same for what a server says and for what a model says, and other for all else."""

import pytest

from jsquared.records.history import DIGEST, IDENTIFIER, NUMBER
from jsquared.records.models.catalogue import MODELS, call_of, slots_of
from jsquared.records.models.kept_replies import CHOSEN, Reply, identifier, kept, shown, spoken
from jsquared.records.models.model import Model, State


def as_read(reply: Reply) -> object:
    """As the connection's reader gives it: texts as str, arrays as lists."""
    if isinstance(reply, tuple):
        return [as_read(one) for one in reply]
    return reply.decode() if isinstance(reply, bytes) else reply


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_model_says_as_much_as_a_server(model: Model) -> None:
    """A reply to every command but GET, kept as the server's would be."""
    state: State = (None,) * len(model.suffixes)
    for slot in slots_of(MODELS.index(model), 0):
        call = call_of(b"t:", 0, slot)
        said = model.replies(state, call)
        names = [str(words[0], "ascii") for words in model.commands(call) if isinstance(words[0], bytes)]
        assert len(said) == len(spoken(names, names))
        if said != (CHOSEN,):
            assert kept(said) == kept([as_read(one) for one in said])
        state = model.apply(state, call)


def test_a_number_is_kept_as_it_is() -> None:
    """And so is an identifier; both can be shown again."""
    assert kept([17]) == (NUMBER, 17)
    assert kept([-3]) == (NUMBER, -3)
    kind, value = kept(["1750000000123-4"])
    assert (kind, identifier(value)) == (IDENTIFIER, "1750000000123-4")
    assert kept(["1750000000123-5"])[1] == value + 1 < kept(["1750000000124-0"])[1] < 1 << 63


def test_what_is_not_the_same_is_kept_otherwise() -> None:
    """Numbers from texts, nothing from an empty text, arrays from their elements in a row, and identifiers that are too large."""
    different: list[list[object]] = [
        [None], [""], ["1"], ["17"], [1, 7], [[1, 7]], [[1], 7], [[]], ["17", None], ["12345678901234-0"], ["1-12345678"],
    ]  # fmt: skip
    digests = [kept(one) for one in different]
    assert {kind for kind, _ in digests} == {DIGEST}
    assert len(set(digests)) == len(different)
    assert all(-(1 << 63) <= value < 1 << 63 for _, value in digests)


def test_replies_are_shown_in_words() -> None:
    """Numbers, texts, arrays, nothing, and an identifier of the server's choice."""
    said: tuple[Reply, ...] = (17, b"OK", (16, 1), None, CHOSEN)
    assert [shown(one) for one in said] == ["17", "OK", "[16 1]", "nothing", "an identifier"]
