"""The lines of keys in TOML files."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jsquared.settings.toml_lines import lines_of

ROOT = Path(__file__).parents[3]
EVERY_FORM = '''# a comment with "quotes" and [brackets]
plain = 1
"quoted key".'other' = [1, { inner = 2 },
  "]", 3] # more
[table]
text = """several
lines [with] = signs \\""" and
quotes""""
literal = \'\'\'# no comment
x = 1\'\'\'
inline = { first = 1, second.third = "}" , fourth = [ "a" ] }
[ table . "sub table" ]
day = 2027-01-31
[[list]]
entry = true
'''


def test_every_form_of_a_key_has_its_line() -> None:
    """Bare, quoted and dotted keys, tables, inline tables and whatever follows strings and lists of several lines are found."""
    assert tomllib.loads(EVERY_FORM)
    assert lines_of(EVERY_FORM) == {
        ("plain",): 2,
        ("quoted key", "other"): 3,
        ("table",): 5,
        ("table", "text"): 6,
        ("table", "literal"): 9,
        ("table", "inline"): 11,
        ("table", "inline", "first"): 11,
        ("table", "inline", "second", "third"): 11,
        ("table", "inline", "fourth"): 11,
        ("table", "sub table"): 12,
        ("table", "sub table", "day"): 13,
        ("list",): 14,
        ("list", "entry"): 15,
    }


def test_a_real_file_is_walked_whole() -> None:
    """Each table header of this project's own pyproject.toml has the line on which it stands."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    found = lines_of(text)
    headers = [number for number, line in enumerate(text.splitlines(), 1) if line.startswith("[") and "[[" not in line]
    assert set(headers) <= set(found.values())
    assert found["tool", "ruff"] == text.splitlines().index("[tool.ruff]") + 1


@pytest.mark.parametrize("text", ["", "# nothing", "\n\n", "a = 1", "a=''", "[a]"])
def test_the_end_of_a_file_ends_the_walk(text: str) -> None:
    """A file may end with a comment, a value or a header, and without a line break."""
    assert set(lines_of(text)) <= {("a",)}


_KEYS = st.text("abc-_", min_size=1, max_size=3)
_VALUES = st.sampled_from(
    ["1", '"x # y"', "'''a\nb'''", '"""c\n\\"""d"""', "[1,\n 2]", "{ k = [1], l.m = '}' }", "1979-05-27 07:32:00"]
)


@pytest.mark.unmeasured
@given(st.lists(st.tuples(_KEYS, _VALUES), max_size=6, unique_by=lambda pair: pair[0]))
def test_whatever_python_reads_is_walked(pairs: list[tuple[str, str]]) -> None:
    """Keys with values of every kind have the line of their first character, however many lines come before."""
    text, lines = "", {}
    for key, value in pairs:
        lines[key,] = text.count("\n") + 1
        text += f"{key} = {value}\n"
    assert tomllib.loads(text) is not None
    found = lines_of(text)
    assert {path: line for path, line in found.items() if len(path) == 1} == lines
