"""Finding which of many texts stand at a place: the same as by trying each, without trying each."""

from hypothesis import given
from hypothesis import strategies as st

from jsquared.records.nested_forms import NestedForms
from jsquared.records.secrets import Secrets

WORDS = st.text("ab", min_size=1, max_size=12)


@given(st.lists(WORDS, max_size=30), WORDS, st.integers(0, 3))
def test_all_that_stand_there_are_found_the_longest_first(forms: list[str], text: str, place: int) -> None:
    """As trying each of them finds them."""
    expected = sorted({len(form) for form in forms if text.startswith(form, place)}, reverse=True)
    assert list(NestedForms(forms).at(text, place)) == expected


class Counted(str):
    """A text that counts how often a part of it is taken."""

    __slots__ = ()
    parts = 0

    def __getitem__(self, key: object) -> str:
        """A part."""
        type(self).parts += 1
        return super().__getitem__(key)  # type: ignore[index]


def test_texts_that_lie_in_each_other_are_not_tried_one_by_one() -> None:
    """Neither where none stands, nor where only the shortest ones do."""
    forms = NestedForms("aaaaaa" + "c" * number for number in range(900))
    Counted.parts = 0
    text = Counted("aaaaaab " * 100)
    assert [list(forms.at(text, place)) for place in range(0, 800, 8)] == [[6]] * 100
    assert Counted.parts == 100
    deep = NestedForms([*("c" * number for number in range(1, 900)), *("c" * number + "b" for number in range(900))])
    assert list(deep.at("ccca", 0)) == [3, 2, 1]


def test_passwords_that_begin_alike_are_masked() -> None:
    """The longest one counts, and what follows a word is not hidden."""
    secrets = Secrets().and_also("aaaaaa" + "c" * number for number in range(900))
    assert secrets.mask("aaaaaab aaaaaa aaaaaacc " + "aaaaaa" + "c" * 20) == "aaaaaab <secret-1> <secret-3> <secret-21>"
