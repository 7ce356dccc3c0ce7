r"""Text of others, made safe to show: on terminals, in reports, in JSON.

Names, directives, log lines and replies come from configurations and servers, and a terminal obeys what it is shown: an escape sequence
can clear the screen, rename the window or rewrite a verdict, and an override of the writing direction makes a line read as another one.
Here all of them become visible escapes such as ``\x1b``; nothing else prints what others wrote (tests/house/test_output.py).
"""

import difflib
import re
from collections.abc import Iterable
from typing import Any

import msgspec

# C0 and C1 controls and DEL (each ANSI or OSC sequence begins with one), soft hyphen, Arabic letter mark, zero-width characters and
# marks of direction, line and paragraph separators, overrides and embeddings, invisible operators and isolates, the byte order mark,
# interlinear annotations, tags (invisible copies of ASCII), and halves of surrogate pairs, by which Python means bytes that are not UTF-8.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_SURROGATES = re.compile("[\ud800-\udfff]")


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


def did_you_mean(word: str, known: Iterable[str], *, otherwise: str = "") -> str:
    """A suggestion for a word that is not known: the nearest one that is, else ``otherwise``."""
    near = difflib.get_close_matches(word[:100].lower(), list(known), n=1, cutoff=0.6)
    return near[0] if near else otherwise


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
