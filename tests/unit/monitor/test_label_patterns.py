"""The matcher of patterns: what it reads it matches as RE2 does, in a time that no pattern makes long, and the rest it leaves open."""

import random
import re

import pytest

from jsquared.monitor.expressions.label_patterns import pattern_of, pattern_problem

VALUES = ["", "a", "b", "ab", "aab", "abc", "1", "a.b", "ba", "aaaa", "-", "]", "a_1", "é"]


@pytest.mark.parametrize(
    ("text", "matched"),
    [
        ("a|b", ["a", "b"]),
        ("a*b?", ["", "a", "b", "ab", "aab", "aaaa"]),
        ("^a+$", ["a", "aaaa"]),
        ("^a|b$", ["a", "b"]),
        ("(a|b)+", ["a", "b", "ab", "aab", "ba", "aaaa"]),
        ("(?:a|)b", ["b", "ab"]),
        ("a{2}.*", ["aab", "aaaa"]),
        ("a{1,2}", ["a"]),
        ("a{3,}", ["aaaa"]),
        (r"a\.b", ["a.b"]),
        ("a.b", ["aab", "a.b"]),
        (r"\w+", ["a", "b", "ab", "aab", "abc", "1", "ba", "aaaa", "a_1"]),
        (r"\W", ["-", "]", "é"]),
        ("[]-]", ["-", "]"]),
        ("[^a-c]", ["1", "-", "]", "é"]),
        (r"[\d_a]*1", ["1", "a_1"]),
        (".*?", VALUES),
    ],
)
def test_a_plain_pattern_matches_whole_values(text: str, matched: list[str]) -> None:
    """Alternatives, groups, repetitions, classes and escapes."""
    pattern = pattern_of(text)
    assert pattern is not None
    assert [value for value in VALUES if pattern.matches(value)] == matched


def test_it_agrees_with_another_matcher() -> None:
    """Of thousands of random patterns in which Python's dialect is that of RE2."""
    chance = random.Random(5)
    parts = [
        "a",
        "b",
        "c",
        ".",
        r"\d",
        r"\.",
        "[ab]",
        "[^a]",
        "(?:a|b)",
        "(ab)",
        "|",
        "a*",
        "b+",
        "c?",
        "a{2}",
        "b{1,3}",
    ]
    for _ in range(3000):
        text = "".join(chance.choice(parts) for _ in range(chance.randrange(1, 6)))
        pattern = pattern_of(text)
        assert pattern is not None
        assert [pattern.matches(value) for value in VALUES] == [
            re.fullmatch(f"(?:{text})", value) is not None for value in VALUES
        ]


@pytest.mark.parametrize(
    "text", ["(?i)a", r"\bA", r"\pN", "[[:alpha:]]", "a{", "a{,2}", "a^b", r"\x61", "^*", "(?P<n>a)", "[a-z&&b]"]
)
def test_what_is_not_read_is_left_open(text: str) -> None:
    """It may be sound, and what it matches is not known."""
    assert (pattern_of(text), pattern_problem(text)) == (None, "")


@pytest.mark.parametrize(
    "text", ["(", "a)", "*", "a|*", "a**", "a+?+", "[a", "[z-a]", "a{1001}", "a{2,1}", "(?=a)", "(?<!a)", "a\\", "[a-"]
)
def test_what_re2_refuses_is_told(text: str) -> None:
    """What no version of it reads."""
    assert pattern_problem(text) != ""
    assert pattern_of(text) is None


def test_a_list_of_values_is_known() -> None:
    """Only where nothing but single texts can match."""
    lists = {
        text: pattern.values()
        for text in ("a|b", r"a\.b", "a|", "a.", "a|b*", "(a|b)")
        if (pattern := pattern_of(text))
    }
    assert lists == {"a|b": {"a", "b"}, r"a\.b": {"a.b"}, "a|": {"a", ""}, "a.": None, "a|b*": None, "(a|b)": None}


def test_what_would_take_long_is_left_open() -> None:
    """A pattern of too many states, a value that is too long for one, and one with lines, which versions of Prometheus take differently."""
    assert pattern_of("(a{1000}){1000}") is None
    assert pattern_of("(" * 51 + ")" * 51) is None
    pattern = pattern_of("(a+)+b{500}")
    assert pattern is not None
    assert (pattern.matches("a" * 40), pattern.matches("a" * 4000), pattern.matches("a\n")) == (False, None, None)
