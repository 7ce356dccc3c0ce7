"""The patterns of shells (``*``, ``?``, ``[…]``), in ``case``, ``[[ … ]]`` and in ``${NAME#…}``."""

import re
from collections.abc import Callable

from jsquared.deployment.read.containers.shell_effort import Effort
from jsquared.deployment.read.containers.shell_words import Unreadable, Word

_PIECE = re.compile(r"\\(.)|(\*+)|(\?)|\[([!^]?\]?[^\]\\]*)\]|(.)", re.DOTALL)


def escaped(text: str) -> str:
    """A pattern that fits this text only."""
    return re.sub(r"([\\*?\[\]])", r"\\\1", text)


def pattern_of(word: Word, expand: Callable[[Word], str]) -> str:
    """The pattern that a word is: what is quoted in it means itself."""
    texts = ((expand(Word((part,))), part.quoted or part.kind == "literal") for part in word.parts)
    return "".join(escaped(text) if quoted else text for text, quoted in texts)


def as_regex(pattern: str) -> tuple[str, int]:
    """Return a pattern as a regular expression, and how many of its parts may be of any length."""
    out, stars = [], 0
    for escaped, star, single, several, plain in _PIECE.findall(pattern):
        if star:
            out.append(".*?")
            stars += 1
        elif single:
            out.append(".")
        elif several:
            out.append("[" + ("^" if several[0] in "!^" else "") + several.lstrip("!^").replace("[", r"\[") + "]")
        else:
            out.append(re.escape(escaped or plain))
    return "".join(out), stars


def _compiled(pattern: str, text: str, effort: Effort) -> re.Pattern[str]:
    regex, stars = as_regex(pattern)
    effort.search(text.replace("\n", " "), 2 + stars)
    try:
        return re.compile(regex, re.DOTALL)
    except re.error as problem:
        raise Unreadable("a pattern that cannot be read") from problem


def matches(text: str, pattern: str, effort: Effort) -> bool:
    """True if a pattern fits the whole text.

    :raises Unreadable: it may take too long to know.
    """
    return _compiled(pattern, text, effort).fullmatch(text) is not None


def without_beginning(text: str, pattern: str, effort: Effort, *, longest: bool) -> str:
    """Return a text without the beginning that fits: ``${NAME#…}``, or ``##`` for the longest."""
    compiled = _compiled(pattern, text, effort)
    ends = range(len(text), -1, -1) if longest else range(len(text) + 1)
    return next((text[end:] for end in ends if compiled.fullmatch(text, 0, end)), text)


def without_end(text: str, pattern: str, effort: Effort, *, longest: bool) -> str:
    """Return a text without the end that fits: ``${NAME%…}``, or ``%%`` for the longest."""
    compiled = _compiled(pattern, text, effort)
    starts = range(len(text) + 1) if longest else range(len(text), -1, -1)
    return next((text[:start] for start in starts if compiled.fullmatch(text, start)), text)


def replaced(text: str, pattern: str, by: str, effort: Effort, *, everywhere: bool) -> str:
    """Return a text with the longest match of a pattern replaced, once or everywhere: ``${NAME/…/…}``."""
    regex, _ = as_regex(pattern)
    _compiled(pattern, text, effort)
    if not regex:
        return text
    effort.expect(len(text) + (len(text) if everywhere else 1) * len(by))
    greedy = re.compile(regex.replace(".*?", ".*"), re.DOTALL)
    return greedy.sub(lambda _: by, text, count=0 if everywhere else 1)
