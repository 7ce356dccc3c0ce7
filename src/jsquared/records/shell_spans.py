"""The words of a command or a start script with the places where they stand: nothing is expanded, and nothing is refused.

Unlike :mod:`jsquared.deployment.read.containers.shell_words`, which must understand a script or say that it cannot, this one only must not
cut a word in two.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_BLANK = re.compile(r"(?:[ \t\r\f\v]|\\\r?\n)+")
_OPERATOR = re.compile(r"[;&|()<>\n]+")
_PIECE = re.compile(r"""'[^']*'|"(?:[^"\\]|\\.)*"|\\.|[^\s;&|()<>'"\\$`]+|['"\\$`]""", re.DOTALL)
_MARK = re.compile(r"<secret(?:-\d+)?>")
_OPENS = re.compile(r"\$+([({])")
_UNQUOTED = re.compile(r"""'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)""", re.DOTALL)


@dataclass(frozen=True)
class Span:
    """One word or operator of a text, from ``start`` to ``end``; ``bare`` is a word without quotes.

    ``redirected``: it stands behind ``<`` or ``>``.
    """

    start: int
    end: int
    raw: str
    bare: str
    is_word: bool
    redirected: bool = False


def spans_of(text: str) -> Iterator[Span]:
    """The words and operators, in order."""
    closed = _closed(text)
    at = 0
    while at < len(text):
        if blank := _BLANK.match(text, at):
            at = blank.end()
        elif not _MARK.match(text, at) and (operator := _OPERATOR.match(text, at)):
            yield Span(at, operator.end(), operator.group(), operator.group(), is_word=False)
            at = operator.end()
        else:
            end = max(_end_of_word(text, at, closed), at + 1)
            yield Span(at, end, text[at:end], bare_word(text[at:end]), is_word=True)
            at = end


def _end_of_word(text: str, at: int, closed: dict[int, int]) -> int:
    while at < len(text):
        opening = _OPENS.match(text, at)
        if opening and opening.end() - 1 in closed:
            at = closed[opening.end() - 1]
        elif text[at] == "`" and (end := text.find("`", at + 1)) > 0:
            at = end + 1
        elif text.startswith(("\\\n", "\\\r\n"), at) or not (piece := _piece(text, at)):
            break
        else:
            at = piece.end()
    return at


def _piece(text: str, at: int) -> re.Match[str] | None:
    return _MARK.match(text, at) or _PIECE.match(text, at)


def _closed(text: str) -> dict[int, int]:
    """Return the end of each bracket that is closed somewhere; searched once, since a hostile text must not take longer than others."""
    ends: dict[int, int] = {}
    for opens, closes in (("(", ")"), ("{", "}")):
        opened: list[int] = []
        for found in re.finditer(re.escape(opens) + "|" + re.escape(closes), text):
            if found.group() == opens:
                opened.append(found.start())
            elif opened:
                ends[opened.pop()] = found.end()
    return ends


def bare_word(raw: str) -> str:
    """A word without its quotes."""
    return _UNQUOTED.sub(lambda found: next((group for group in found.groups() if group is not None), ""), raw)
