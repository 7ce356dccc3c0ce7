r"""Text: that of others made safe to show (on terminals, in reports, in JSON), and numbers and lists as every sentence of ours has them.

Names, directives, log lines and replies come from configurations and servers, and a terminal obeys what it is shown: an escape sequence
can clear the screen, rename the window or rewrite a verdict, and an override of the writing direction makes a line read as another one.
Here all of them become visible escapes such as ``\x1b``; nothing else prints what others wrote (tests/house/test_output.py).
"""

import difflib
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

# C0 and C1 controls and DEL (each ANSI or OSC sequence begins with one), soft hyphen, Arabic letter mark, zero-width characters and
# marks of direction, line and paragraph separators, overrides and embeddings, invisible operators and isolates, the byte order mark,
# interlinear annotations, tags (invisible copies of ASCII), and halves of surrogate pairs, by which Python means bytes that are not UTF-8.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_SURROGATES = re.compile("[\ud800-\udfff]")
NONE = "\N{EN DASH}"
"""Stands for a number that there is not."""

MOST_DIGITS = 18
"""A number of so many digits fits into 64 bits; nothing that anybody means has more."""


def whole_number(text: str) -> int | None:
    """A number that is written as nothing but ASCII digits; None for anything else, and for more digits than anybody means.

    Python refuses to convert more than 4,300 digits, so ``isdecimal`` alone promises nothing.
    """
    return int(text) if len(text) <= MOST_DIGITS and text.isascii() and text.isdecimal() else None


def printable(text: str, keep: str = "") -> str:
    r"""The text with everything that a terminal would obey, hide or reorder as a visible escape; the rest as it is.

    Doing it twice changes nothing more.

    :param keep: characters to leave alone, ``"\n"`` or ``"\n\t"``, where the caller shows several lines.
    """
    return _UNSAFE.sub(lambda found: found[0] if found[0] in keep else escape(found[0]), text)


def escape(character: str) -> str:
    r"""One character as Python writes it in source: ``\x1b``, ``\u202e``, ``\U000e0041``."""
    number = ord(character)
    if number <= 0xFF:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


def one_line(text: str) -> str:
    """The text on one line: line breaks and runs of white space become single spaces, the rest :func:`printable`."""
    return printable(" ".join(text.split()))


def did_you_mean(
    word: str, known: Iterable[str], *, most: int = 1, otherwise: str = "", listed_by: str = "", cutoff: float = 0.6
) -> str:
    """A suggestion for a word that is not known: the nearest ones that are, ``most`` of them, else ``otherwise``.

    :param listed_by: the command that lists all of them, to be named besides; where no name is near, alone.
    :param cutoff: how near, from 0 to 1.
    """
    near = difflib.get_close_matches(word[:100].lower(), list(known), n=most, cutoff=cutoff)
    return ", or ".join(filter(None, (", ".join(near) or otherwise, listed_by)))


MOST_NAMES = 8
"""A line that names more of them is not read."""


def one_of(names: Sequence[str]) -> str:
    """``one of a, b, c``; of many names the first, and how many there are."""
    more = f" … ({len(names)} in all)" if len(names) > MOST_NAMES else ""
    return f"one of {', '.join(names[:MOST_NAMES])}{more}"


def closing_brace(text: str, inside: int) -> int:
    """Return where the brace is closed that is open at ``inside``, those within it skipped; -1 where it is not."""
    depth = 1
    for index in range(inside, len(text)):
        depth += {"{": 1, "}": -1}.get(text[index], 0)
        if depth == 0:
            return index
    return -1


def seconds(at_ms: float) -> str:
    """A moment on the trial's clock: ``4.12 s``."""
    return f"{at_ms / 1000:.2f} s"


def duration(ms: float | None) -> str:
    """A duration in seconds, so that those of one table compare: ``0.083 s``, ``4.83 s``, ``10 s``, ``2 min 05 s``; a dash for None."""
    if ms is None or not math.isfinite(ms):
        return NONE
    if 0 < abs(ms) < 0.5:
        return "<0.001 s"
    if abs(ms) < 119_500:
        digits = 3 if abs(ms) < 99.5 else 2 if abs(ms) < 9_995 else 1
        return f"{ms / 1000:g} s" if ms % 100 == 0 else f"{ms / 1000:.{digits}f} s"
    return "{} min {:02d} s".format(*divmod(round(ms / 1000), 60))


def count(number: float | None) -> str:
    """``1,872``; a dash for None."""
    return NONE if number is None or not math.isfinite(number) else f"{number:,.0f}"


def counted(number: int, noun: str, nouns: str = "") -> str:
    """``1 write``, ``1,872 writes``; ``nouns`` is the plural of one that takes no *s* alone."""
    return f"{number:,} {noun if number == 1 else nouns or noun + 's'}"


def listed(names: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def encode_json(document: Any) -> bytes:
    r"""A document as JSON, indented, with everything unprintable as JSON escapes, so that it reads back as the same text.

    Half a surrogate pair is the exception, since no JSON reader accepts one: it becomes the text ``\udcff``.
    """
    try:
        data = msgspec.json.encode(document)
    except UnicodeEncodeError:
        data = msgspec.json.encode(_without_surrogates(msgspec.to_builtins(document)))
    text = msgspec.json.format(data, indent=2).decode()
    return _UNSAFE.sub(lambda found: found[0] if found[0] == "\n" else _json_escape(found[0]), text).encode()


def _json_escape(character: str) -> str:
    units = character.encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return _SURROGATES.sub(lambda found: escape(found[0]), value)
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_without_surrogates(one) for one in value]
    return value


def metric_labels(labels: Mapping[str, str]) -> str:
    """Return labels as both text forms of Prometheus' metrics write them, in braces; what would hide in a terminal is escaped too."""
    return "{" + ",".join(f'{name}="{_label_value(value)}"' for name, value in labels.items()) + "}"


def _label_value(value: str) -> str:
    return printable(value).replace("\\", "\\\\").replace('"', '\\"')
