"""Text of others becomes visible: nothing of it is obeyed, hidden or reordered by whoever shows it."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jsquared.text import (
    NONE,
    closing_brace,
    count,
    counted,
    did_you_mean,
    duration,
    encode_json,
    escape,
    listed,
    one_line,
    one_of,
    printable,
    seconds,
    whole_number,
)

CONTROLS = [chr(number) for number in (*range(32), *range(127, 160))]
HIDDEN = [
    chr(number)
    for number in (
        0xAD,
        0x61C,
        *range(0x200B, 0x2010),
        0x2028,
        0x2029,
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
        0xFEFF,
    )
]
HALVES = ["\ud800", "\udc80", "\udcff"]


@pytest.mark.parametrize("character", [*CONTROLS, *HIDDEN, *HALVES, "\U000e0041"], ids=lambda text: f"{ord(text):x}")
def test_what_a_terminal_obeys_or_hides_is_escaped(character: str) -> None:
    """Each is shown as Python writes it, which is plain ASCII."""
    shown = printable(f"a{character}b")
    assert shown.isascii()
    assert shown.isprintable()
    assert shown == f"a{escape(character)}b"


def test_whole_sequences_are_harmless() -> None:
    """Colours, titles, links and overrides stand there as text; what is no danger stays as it is."""
    assert printable("\x1b[2J\x1b]0;owned\x07") == "\\x1b[2J\\x1b]0;owned\\x07"
    assert printable("\u202egnp.exe") == "\\u202egnp.exe"
    assert printable("naïve 東京 ✓ [red]x[/] \\x1b") == "naïve 東京 ✓ [red]x[/] \\x1b"
    assert printable("a\n\tb\r", keep="\n\t") == "a\n\tb\\x0d"
    assert one_line("a\n\n b\x1b\u2028c") == "a b\\x1b c"


@given(st.text(alphabet=st.characters(), max_size=40))
def test_anything_is_printable_once_and_for_all(text: str) -> None:
    """The result can be encoded, holds nothing unsafe, and doing it again changes nothing."""
    shown = printable(text)
    shown.encode()
    assert printable(shown) == shown
    assert not set(shown) & {*CONTROLS, *HIDDEN, *HALVES}


@given(st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=40))
def test_json_keeps_the_data(text: str) -> None:
    """It reads back as it was, although nothing unsafe stands in the document."""
    data = encode_json({"a": [text], text: 1})
    assert json.loads(data) == {"a": [text], text: 1}
    assert not set(data.decode()) & ({*CONTROLS, *HIDDEN} - {"\n"})


def test_json_of_bytes_that_are_no_utf8_is_valid() -> None:
    """Half a surrogate pair, which stands for such a byte in a path, is shown as text, in keys and lists too."""
    document = json.loads(encode_json({"\udc80": ["a\udcff", ("b",), 1]}))
    assert document == {"\\udc80": ["a\\udcff", ["b"], 1]}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("007", 7),
        ("9" * 18, 10**18 - 1),
        ("9" * 19, None),
        ("1" * 5000, None),
        ("", None),
        ("-1", None),
        ("\u0663", None),
    ],
)
def test_whole_numbers_are_short_and_ascii(text: str, number: int | None) -> None:
    """A number of 5,000 digits is none: Python itself refuses to convert it."""
    assert whole_number(text) == number


@pytest.mark.parametrize(("word", "guess"), [("Appendonli", "appendonly"), ("zzz", "other")])
def test_the_nearest_known_word_is_suggested(word: str, guess: str) -> None:
    """A near miss gets the word that was meant, anything else what the caller says."""
    assert did_you_mean(word, ["appendonly", "port"], otherwise="other") == guess


@pytest.mark.parametrize(
    ("ms", "said"),
    [
        (None, NONE),
        (math.inf, NONE),
        (0, "0 s"),
        (0.42, "<0.001 s"),
        (9.96, "0.010 s"),
        (83.2, "0.083 s"),
        (483.2, "0.48 s"),
        (999.6, "1.00 s"),
        (4834.0, "4.83 s"),
        (10_000, "10 s"),
        (26_012, "26.0 s"),
        (125_000, "2 min 05 s"),
    ],
)
def test_durations_are_written_in_seconds(ms: float | None, said: str) -> None:
    """A duration has two or three digits, and the same unit as the one beside it."""
    assert duration(ms) == said


def test_counts_and_plurals() -> None:
    """Counts have thousands separators and nouns agree with them."""
    assert [count(1872), count(None), count(math.nan)] == ["1,872", NONE, NONE]
    assert [counted(1, "write"), counted(2, "write"), counted(0, "loss", "losses")] == [
        "1 write",
        "2 writes",
        "0 losses",
    ]


def test_lists_and_moments() -> None:
    """A list has commas and one *and*; moments have hundredths of a second."""
    assert [listed(names) for names in ([], ["a"], ["a", "b"], ("a", "b", "c"))] == ["", "a", "a and b", "a, b and c"]
    assert seconds(4123.4) == "4.12 s"


def test_as_many_suggestions_as_wanted() -> None:
    """The nearest words come first, and where none is near something else is said."""
    known = ("primary-hang", "primary-crash", "replica-crash")
    assert did_you_mean("primary-hung", known, most=2) == "primary-hang, primary-crash"
    assert did_you_mean("zzzz", known, most=2, otherwise="anything") == "anything"


def test_a_catalogue_is_not_listed_on_one_line() -> None:
    """The command that lists all names comes behind the nearest ones; of long lists an error shows the beginning."""
    known = ("primary-hang", "primary-crash", "replica-crash")
    assert did_you_mean("primary-hung", known, listed_by="jsquared scenarios") == "primary-hang, or jsquared scenarios"
    assert did_you_mean("zzzz", known, listed_by="jsquared scenarios") == "jsquared scenarios"
    assert (
        did_you_mean("zzzz", known, otherwise="a file", listed_by="jsquared scenarios")
        == "a file, or jsquared scenarios"
    )
    assert did_you_mean("primary", known, cutoff=0.9) == ""
    assert one_of(["a", "b"]) == "one of a, b"
    assert one_of([f"n{number}" for number in range(1, 41)]) == "one of n1, n2, n3, n4, n5, n6, n7, n8 … (40 in all)"


@pytest.mark.parametrize(
    ("text", "inside", "end"), [("{a}b", 1, 2), ("{a{b}c}d}", 1, 6), ("${A:-{}}", 5, 7), ("{a{b}", 1, -1), ("", 0, -1)]
)
def test_a_brace_is_closed_by_its_own(text: str, inside: int, end: int) -> None:
    """Braces within are skipped, and one that stays open has no end."""
    assert closing_brace(text, inside) == end
