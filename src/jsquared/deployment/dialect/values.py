"""The values that a directive takes, in the terms of the engines' own parsers (``config.c``).

A :class:`Shape` is written as in the files of ``engines/``: a kind, and what there is to say about it.

=====================  ==================================================================================
``yes-or-no``          one of these words
``one-of A B``         one of the words, in any case
``some-of A B``        several of them
``integer L H``        a whole number from L to H
``memory L H``         bytes from L to H, also as ``1mb`` (1024 * 1024) or ``1m`` (1000 * 1000)
``memory-or-percent``  bytes, or ``5%``
``octal L H``          digits from 0 to 7, from L to H
``text``               one word
``words L H``          from L to H words; H may be left out
=====================  ==================================================================================

The rest are directives with a form of their own, in :mod:`jsquared.deployment.dialect.forms`.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from jsquared.deployment.dialect.forms import EXAMPLES, FORMS
from jsquared.deployment.dialect.numbers import bytes_of, integer
from jsquared.text import did_you_mean

Check = Callable[[tuple[str, ...], Sequence[str]], str]
_OCTAL = re.compile(r"[0-7]{1,9}")
_PERCENT = re.compile(r"(\d{1,3})%")
WIDE = 2**31 - 1
"""Limits from here on are those of a type, and say nothing to people."""


@dataclass(frozen=True)
class Shape:
    """The kind of a directive's value, and what its kind needs to know."""

    kind: str
    about: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> "Shape":
        """The shape that a line of ``engines/`` describes.

        :raises ValueError: there is no such kind.
        """
        kind, *about = text.split()
        if kind not in KINDS:
            raise ValueError(f"'{kind}' is not a kind of value")
        return cls(kind, tuple(about))

    def problem(self, words: Sequence[str]) -> str:
        """Return what is wrong with these words as its value, empty if nothing is."""
        return KINDS[self.kind](self.about, words)

    @property
    def example(self) -> str:
        """A value, or all of them."""
        if self.kind in ("one-of", "some-of"):
            return f"one of {', '.join(self.about)}"
        if self.kind == "integer":
            lowest, highest = map(int, self.about)
            return f"a plain number, such as {min(max(lowest, 1), highest)}"
        return _EXAMPLES[self.kind]

    def nearest(self, words: Sequence[str]) -> str:
        """The word that was probably meant, empty where it takes no certain words."""
        known = ("yes", "no") if self.kind == "yes-or-no" else self.about
        if self.kind not in ("yes-or-no", "one-of", "some-of"):
            return ""
        wrong = next((word for word in words if word.lower() not in map(str.lower, known)), "")
        return did_you_mean(wrong, known)


def _one(check: Callable[[tuple[str, ...], str], str]) -> Check:
    """A check of exactly one word."""

    def checked(about: tuple[str, ...], words: Sequence[str]) -> str:
        return check(about, words[0]) if len(words) == 1 else how_many(len(words), "one value")

    return checked


def how_many(count: int, wanted: str) -> str:
    """``takes one value, not 3``."""
    return f"takes {wanted}, {f'not {count}' if count else 'and has none'}"


def _yes_or_no(_about: tuple[str, ...], word: str) -> str:
    return "" if word.lower() in ("yes", "no") else f"'{word}' is neither yes nor no"


def _one_of(about: tuple[str, ...], word: str) -> str:
    return "" if word.lower() in map(str.lower, about) else f"'{word}' is none of {', '.join(about)}"


def _some_of(about: tuple[str, ...], words: Sequence[str]) -> str:
    if not words:
        return how_many(0, "one value or more")
    return next(filter(None, (_one_of(about, word) for word in words)), "")


def _integer(about: tuple[str, ...], word: str) -> str:
    lowest, highest = map(int, about)
    number = integer(word)
    return "" if number is not None and lowest <= number <= highest else f"'{word}' is not {_range(lowest, highest)}"


def _range(lowest: int, highest: int) -> str:
    if lowest <= -WIDE and highest >= WIDE:
        return "a whole number"
    return f"a whole number from {lowest}" + (f" to {highest}" if highest < WIDE else "")


def _memory(about: tuple[str, ...], word: str) -> str:
    lowest, highest = map(int, about)
    size = bytes_of(word)
    if size is None:
        return f"'{word}' is not an amount of memory"
    if size < lowest:
        return f"'{word}' is less than {lowest} bytes"
    return "" if size <= highest else f"'{word}' is more than {highest} bytes"


def _memory_or_percent(_about: tuple[str, ...], word: str) -> str:
    if percent := _PERCENT.fullmatch(word):
        return "" if int(percent[1]) <= 100 else f"'{word}' is more than 100%"
    return "" if bytes_of(word) is not None else f"'{word}' is neither an amount of memory nor a percentage"


def _octal(about: tuple[str, ...], word: str) -> str:
    lowest, highest = (int(limit, 8) for limit in about)
    if not _OCTAL.fullmatch(word):
        return f"'{word}' is not an octal number"
    return "" if lowest <= int(word, 8) <= highest else f"'{word}' is not an octal number from {about[0]} to {about[1]}"


def _words(about: tuple[str, ...], words: Sequence[str]) -> str:
    least = int(about[0])
    most = int(about[1]) if len(about) > 1 else None
    if len(words) < least:
        return how_many(len(words), f"{_count(least)}{'' if most == least else ' or more'}")
    return "" if most is None or len(words) <= most else how_many(len(words), _count(most))


def _count(number: int) -> str:
    return "one value" if number == 1 else f"{number} values"


_EXAMPLES = {
    "yes-or-no": "yes or no",
    "memory": "100mb",
    "memory-or-percent": "100mb or 5%",
    "octal": "700",
    "text": "one word, in quotes if it has spaces",
    "words": "its values with spaces between them",
    **EXAMPLES,
}
KINDS: dict[str, Check] = {
    "yes-or-no": _one(_yes_or_no),
    "one-of": _one(_one_of),
    "some-of": _some_of,
    "integer": _one(_integer),
    "memory": _one(_memory),
    "memory-or-percent": _one(_memory_or_percent),
    "octal": _one(_octal),
    "text": _one(lambda _about, _word: ""),
    "words": _words,
    **FORMS,
}
"""Each kind of value with its check: what is wrong with the words of a line, empty if nothing is."""
