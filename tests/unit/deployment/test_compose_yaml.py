"""The text of a Compose file as Compose sees it: variables filled in, merge keys folded in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jsquared.deployment.model.directives import Source
from jsquared.deployment.read.compose.compose_yaml import Variables, parse_compose, read_env
from jsquared.deployment.read.yaml.yaml_items import Item
from jsquared.errors import BadInputError

SOURCE = Source("compose.yaml", "compose.yaml")


def bad(what: str, hint: str) -> BadInputError:
    """An error of a test."""
    return BadInputError(what, hint=hint)


def fill(text: str, **values: str) -> str:
    """A text with its variables filled in."""
    return Variables(values).fill(text, bad)


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("$A-$B", "1-"),
        ("${A}x", "1x"),
        ("${A:-2}${B:-2}${E:-2}", "122"),
        ("${A-2}${B-2}${E-2}", "12"),
        ("${A:+y}${B:+y}${E:+y}${E+z}", "yz"),
        ("${B:-${A:-3}4}", "14"),
        ("$$A ${A:?needed}", "$A 1"),
        ("5$ $1", "5$ $1"),
        ("", ""),
    ],
)
def test_variables_are_filled_in(text: str, filled: str) -> None:
    """Every form of the specification means what it says there; an empty value is none where a colon stands."""
    assert fill(text, A="1", E="") == filled


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("${A", "not closed"),
        ("${}", "names no variable"),
        ("${B:?say B}", "B is not set: say B"),
        ("${A!}", "cannot be read"),
    ],
)
def test_what_cannot_be_filled_in_is_refused(text: str, message: str) -> None:
    """A form that Compose refuses is refused with the variable's name."""
    with pytest.raises(BadInputError, match=message):
        fill(text, A="1")


@given(st.text(st.characters(exclude_characters="$"), max_size=60))
def test_text_without_variables_stays(text: str) -> None:
    """Whatever has no dollar sign stays, and doubled dollar signs are plain ones."""
    assert fill(text) == text
    assert fill(text.replace("x", "$$")) == text.replace("x", "$")


def test_missing_variables_are_remembered() -> None:
    """A variable without a value and without a default is noted once."""
    variables = Variables({})
    assert variables.fill("$A ${A} ${B:-b}", bad) == "  b"
    assert variables.missing == {"A"}


@pytest.mark.parametrize("text", ["pa$word", "$word", "pa$WORD", "$WORDs", "--requirepass 'x!$WORD'", "$WORD-x"])
def test_what_may_be_half_of_a_password_has_no_name(text: str) -> None:
    """A name without braces is remembered only where it is written in capitals and glued to nothing; others are counted."""
    variables = Variables({})
    variables.fill(text, bad)
    assert (variables.missing, variables.unnamed) == (set(), 1)


@pytest.mark.parametrize("text", ["$WORD", "--requirepass $WORD", "a=$WORD", '"$WORD"', "$WORD:6379", "pa${WORD}"])
def test_what_is_a_variable_without_doubt_has_a_name(text: str) -> None:
    """In braces, or in capitals as a word of its own."""
    variables = Variables({})
    variables.fill(text, bad)
    assert (variables.missing, variables.unnamed) == ({"WORD"}, 0)


def test_a_set_variable_is_filled_in_wherever_it_stands() -> None:
    """Whether a name is shown does not change what it means."""
    variables = Variables({"word": "x"})
    assert variables.fill("pa$word", bad) == "pax"
    assert variables.unnamed == 0


def test_an_env_file_is_read() -> None:
    """Comments and quotes are understood; what is no assignment is passed over."""
    text = "# A=0\nA=1 # one\nexport B='x # y'\nC=\"z\"\n\nnothing\nD=\n"
    assert read_env(text) == {"A": "1", "B": "x # y", "C": "z", "D": ""}


def values(item: Item) -> object:
    """A YAML value as plain Python."""
    if item.is_mapping:
        return {key: values(value) for key, value in item.mapping().items()}
    return [values(entry) for entry in item.items()] if item.is_list else item.text()


def test_merge_keys_are_folded_in() -> None:
    """Own entries count before merged ones, of several merged ones the first."""
    text = """
x-one: &one {image: redis, restart: always}
x-two: &two {image: other, command: "$CMD"}
services:
  a: {<<: [*one, *two], restart: never}
  b:
    <<: *two
  c: &c {<<: *one}
  d: *c
"""
    root = parse_compose(text, SOURCE, Variables({"CMD": "run"}))
    assert values(root.mapping()["services"]) == {
        "a": {"restart": "never", "image": "redis", "command": "run"},
        "b": {"image": "other", "command": "run"},
        "c": {"image": "redis", "restart": "always"},
        "d": {"image": "redis", "restart": "always"},
    }


@pytest.mark.parametrize("text", ["a: {<<: 3}", "a: &a {<<: *a}", "a: {<<: [x]}"])
def test_only_mappings_are_merged(text: str) -> None:
    """A merge of anything else is refused with its line."""
    with pytest.raises(BadInputError, match=r"compose.yaml:1: '<<' merges only mappings"):
        parse_compose(text, SOURCE, Variables({}))


def test_a_bad_variable_is_refused_with_its_line() -> None:
    """The error names the line of the value."""
    with pytest.raises(BadInputError, match=r"compose\.yaml:2"):
        parse_compose("a: 1\nb: ${X", SOURCE, Variables({}))
