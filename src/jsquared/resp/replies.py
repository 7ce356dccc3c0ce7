"""The meaning of replies: the texts and lists that servers answer with, as values of Python."""

from collections.abc import Sequence

import hiredis

NONSENSE = (hiredis.ProtocolError, TypeError, RecursionError)
"""What hiredis raises over bytes that are no reply: TypeError where a map has a key that Python cannot have."""


def text_reader() -> hiredis.Reader:
    """A reader of replies as text; bytes that are no UTF-8 become the replacement character."""
    return hiredis.Reader(encoding="utf-8", errors="replace")


def parse_info(text: str) -> dict[str, str]:
    """The fields of an INFO reply."""
    pairs = (line.split(":", 1) for line in text.splitlines() if ":" in line and not line.startswith("#"))
    return {name: value.strip() for name, value in pairs}


def pairs(reply: Sequence[str]) -> dict[str, str]:
    """A flat name-value list, as the SENTINEL commands give it."""
    return {str(name): value for name, value in zip(reply[::2], reply[1::2], strict=False)}
