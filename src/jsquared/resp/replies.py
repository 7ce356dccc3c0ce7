"""The meaning of replies: the texts and lists that servers answer with, as values of Python."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import hiredis

NONSENSE = (hiredis.ProtocolError, TypeError, RecursionError)
"""What hiredis raises over bytes that are no reply: TypeError where a map has a key that Python cannot have."""
MOST_LEVELS = 32
"""No command that JSquared sends has lists so deep in one another; Python cannot even print some thousand levels."""


_NESTS = (list, tuple, dict, set)


def text_reader() -> hiredis.Reader:
    """A reader of replies as text; bytes that are no UTF-8 become the replacement character."""
    return hiredis.Reader(encoding="utf-8", errors="replace")


def next_reply(reader: hiredis.Reader) -> Any:
    """The next whole reply, False if there is none yet.

    :raises ProtocolError, TypeError, RecursionError: (NONSENSE) it is no reply, or its lists lie too deep in one another.
    """
    reply = reader.gets()
    if not isinstance(reply, _NESTS):
        return reply
    level = [reply]
    for _ in range(MOST_LEVELS):
        if not level:
            return reply
        level = [item for outer in level for item in _items(outer) if isinstance(item, _NESTS)]
    raise RecursionError(f"a reply with lists more than {MOST_LEVELS} deep")


def _items(outer: Any) -> Iterable[Any]:
    return outer.values() if isinstance(outer, dict) else outer


def parse_info(text: str) -> dict[str, str]:
    """The fields of an INFO reply."""
    pairs = (line.split(":", 1) for line in text.splitlines() if ":" in line and not line.startswith("#"))
    return {name: value.strip() for name, value in pairs}


def engine_of_info(info: Mapping[str, str]) -> tuple[str, str]:
    """Return engine and version by the words of INFO. Valkey calls itself Redis 7.2.4 too, for the sake of old clients.

    :returns: the name of another server as it is; empty words where INFO says nothing.
    """
    named = info.get("server_name", "").lower()
    if named == "valkey" or "valkey_version" in info:
        return "valkey", info.get("valkey_version", "")
    return named or ("redis" if "redis_version" in info else ""), info.get("redis_version", "")


def pairs(reply: Sequence[str]) -> dict[str, str]:
    """A flat name-value list, as the SENTINEL commands give it."""
    return {str(name): value for name, value in zip(reply[::2], reply[1::2], strict=False)}
