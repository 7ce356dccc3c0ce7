"""Edits of the engine's source: exactly once or a clear error; the catalogue is whole."""

import pytest
from engine_mutants.catalogue import ALL, AREA_OF, AREAS, QUICK, QUICK_MUTANTS, UnknownMutantError, chosen
from engine_mutants.edit import EditError, edited
from engine_mutants.mutant import Mutant

from jsquared.scenarios.catalogue import SCENARIOS

SOURCE = """int first(void);

int first(void) {
    return count + 1;
}

int second(int a,
           int b)
{
    return count + 1;
}
"""
LONGEST_ANCHOR = 200
"""Characters: an anchor finds a place, it is no copy of somebody else's code."""


def mutant(anchor: str = "count + 1", replacement: str = "count", within: str = "") -> Mutant:
    """A mutant of which only the edit matters."""
    return Mutant(
        name="m",
        file="f.c",
        anchor=anchor,
        replacement=replacement,
        scenarios=("s",),
        words=("w",),
        why="",
        within=within,
    )


@pytest.mark.parametrize(("within", "line"), [("int first(", 3), ("int second(", 9)])
def test_an_edit_is_made_in_its_function_alone(within: str, line: int) -> None:
    """The anchor is replaced where the function is defined, not where it is declared, and nothing else changes."""
    before, after = SOURCE.splitlines(), edited(SOURCE, mutant(within=within)).splitlines()
    assert [number for number, (a, b) in enumerate(zip(before, after, strict=True)) if a != b] == [line]
    assert after[line] == "    return count;"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (mutant(anchor="nowhere"), "the anchor 'nowhere' stands 0 times in f.c, not once"),
        (mutant(), "the anchor 'count + 1' stands 2 times in f.c, not once"),
        (mutant(anchor="void", within="int second("), "stands 0 times in 'int second(' of f.c"),
        (mutant(within="int third("), "0 functions begin with 'int third(' in f.c, not one"),
        (mutant(within="int "), "2 functions begin with 'int ' in f.c, not one"),
        (mutant(replacement="count + 1", within="int first("), "anchor and replacement are the same"),
    ],
)
def test_an_edit_that_does_not_fit_is_an_error_with_a_name(wrong: Mutant, said: str) -> None:
    """An anchor that is missing or ambiguous is never guessed at."""
    with pytest.raises(EditError, match=r"^m: ") as caught:
        edited(SOURCE, wrong)
    assert said in str(caught.value)


def test_names_are_unique() -> None:
    """A name means one mutant, and none is called like an area."""
    assert len(ALL) == sum(map(len, AREAS.values())) == len(AREA_OF)
    assert not set(ALL) & set(AREAS)


@pytest.mark.parametrize("name", ALL)
def test_a_mutant_says_all_that_is_needed(name: str) -> None:
    """Every mutant has scenarios that exist, words, outcomes that are some, one sentence, and an anchor that is short."""
    one = ALL[name]
    assert one.scenarios
    assert set(one.scenarios) <= set(SCENARIOS)
    assert all(one.words)
    assert one.words
    assert set(one.outcomes) <= {"violated", "inconclusive", "pass"}
    assert one.sound not in one.outcomes or one.sound != "pass"
    assert one.why.endswith(".")
    assert len(one.anchor) <= LONGEST_ANCHOR


def test_mutants_agree_on_what_the_sound_engine_gets() -> None:
    """One scenario with the same options has one expectation of the engine without edits."""
    expected: dict[tuple[str, tuple[str, ...]], set[str]] = {}
    for one in ALL.values():
        for scenario in one.scenarios:
            expected.setdefault((scenario, one.options), set()).add(one.sound)
    assert [question for question, sounds in expected.items() if len(sounds) > 1] == []


def test_names_and_areas_are_chosen() -> None:
    """A name chooses a mutant, an area all of its own, nothing chooses all, and nobody twice."""
    area = next(iter(AREAS))
    first = AREAS[area][0]
    assert chosen([]) == list(ALL.values())
    assert chosen([first.name]) == [first]
    assert chosen([first.name, area]) == list(AREAS[area])
    assert [(one.name, len(one.scenarios)) for one in chosen([QUICK])] == [(name, 1) for name in QUICK_MUTANTS]


def test_a_name_that_is_none_is_an_error_with_near_ones() -> None:
    """A misspelt name is answered with what was meant."""
    with pytest.raises(UnknownMutantError, match="Try: down-never"):
        chosen(["down-nevr"])
