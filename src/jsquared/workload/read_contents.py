"""Read everything that a data node holds: every database, every key, its type, its value and how long it lives.

The lab computes digests itself. SCAN gives the names, then every key is asked for in pipelines; a key that has gone meanwhile, or that has
expired and is still listed by a replica, is absent.
"""

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from typing import Any

from jsquared.errors import LabError
from jsquared.records.contents import (
    DIGEST_BYTES,
    LONGEST_VALUE_BYTES,
    STAYS,
    Contents,
    Entry,
    digest_of,
)
from jsquared.resp.packing import Word
from jsquared.workload.read_back import NodeReader

COMMANDS = ("INFO", "SELECT", "SCAN", "TYPE", "PTTL", "GETRANGE", "LRANGE", "SMEMBERS", "HGETALL", "ZRANGE", "XRANGE")
"""What is needed to read a node's content."""
SCANNED = 1000
KEYS_AT_ONCE = 200
"""So many replies at once stay below any sensible limit on a client's output buffer, also where some of them are large."""
PIECE_BYTES = LONGEST_VALUE_BYTES
_KEYSPACE = re.compile(r"^db([0-9]{1,9}):keys=([0-9]{1,15})", re.MULTILINE)
_NO_TTL, _GONE = -1, -2

_COMMANDS: dict[str, tuple[Word, ...]] = {
    "string": ("GETRANGE", 0, PIECE_BYTES - 1),
    "list": ("LRANGE", 0, -1),
    "set": ("SMEMBERS",),
    "hash": ("HGETALL",),
    "zset": ("ZRANGE", 0, -1, "WITHSCORES"),
    "stream": ("XRANGE", "-", "+"),
}
"""Types to the command that reads a value, and what follows the key there: of a string the first piece."""


def read_contents(reader: NodeReader, now_ms: Callable[[], float], keep: bytes) -> Contents:
    """All keys of a node.

    :param now_ms: the trial's clock.
    :param keep: the beginning of the names of the keys whose values are kept.
    :raises LabError: the node stops answering, or refuses.
    """
    contents: Contents = {}
    for database in _databases(reader):
        reader.ask("SELECT", database)
        for keys in _batches(reader):
            for key, entry in _entries(reader, keys, now_ms, keep):
                contents[database, key] = entry
    reader.ask("SELECT", 0)
    return contents


def counted_keys(reader: NodeReader) -> int:
    """How many keys the node counts in all databases: with those that have expired and lie there all the same.

    :raises LabError: the node stops answering, or refuses.
    """
    return sum(_keyspace(reader).values())


def _databases(reader: NodeReader) -> list[int]:
    return list(_keyspace(reader))


def _keyspace(reader: NodeReader) -> dict[int, int]:
    """Databases to how many keys the node counts there (``db0:keys=12,expires=3,avg_ttl=0``)."""
    text = bytes(reader.ask("INFO", "keyspace")).decode(errors="replace")
    return {int(found[1]): int(found[2]) for found in _KEYSPACE.finditer(text)}


def _batches(reader: NodeReader) -> Iterator[list[bytes]]:
    """All keys of the database, each once, some hundreds at a time."""
    seen: set[bytes] = set()
    cursor: bytes | int = 0
    while True:
        reply = reader.ask("SCAN", cursor, "COUNT", SCANNED)
        if not isinstance(reply, list) or len(reply) != 2 or not isinstance(reply[1], list):
            raise LabError("cannot be read back (no answer to SCAN)", where=reader.where)
        cursor = reply[0]
        keys = [key for key in dict.fromkeys(reply[1]) if key not in seen]
        seen.update(keys)
        for first in range(0, len(keys), KEYS_AT_ONCE):
            yield keys[first : first + KEYS_AT_ONCE]
        if cursor == b"0":
            return


def _entries(
    reader: NodeReader, keys: Sequence[bytes], now_ms: Callable[[], float], keep: bytes
) -> Iterator[tuple[bytes, Entry]]:
    groups: dict[bytes, list[bytes]] = defaultdict(list)
    for key, kind in zip(keys, reader.ask_each("TYPE", keys), strict=True):
        groups[kind].append(key)
    groups.pop(b"none", None)
    for kind, known in groups.items():
        yield from _entries_of(reader, kind.decode(errors="replace"), known, now_ms, keep)


def _entries_of(
    reader: NodeReader, kind: str, keys: Sequence[bytes], now_ms: Callable[[], float], keep: bytes
) -> Iterator[tuple[bytes, Entry]]:
    """The entries of keys of one type: most are short strings, of which there are many thousands."""
    command, *more = _COMMANDS.get(kind, ("TYPE",))
    values = reader.ask_each(str(command), keys, *more)
    left = reader.ask_each("PTTL", keys)
    now = now_ms()
    for key, value, left_ms in zip(keys, values, left, strict=True):
        if left_ms == _NO_TTL:
            yield key, _entry(reader, key, kind, value, STAYS, kept=key.startswith(keep))
        elif not isinstance(left_ms, int):
            raise LabError("cannot be read back (no answer to PTTL)", where=reader.where)
        elif left_ms != _GONE:
            yield key, _entry(reader, key, kind, value, now + left_ms, kept=key.startswith(keep))


def _entry(reader: NodeReader, key: bytes, kind: str, reply: Any, expires_ms: float, *, kept: bool) -> Entry:
    if kind == "string" and isinstance(reply, bytes):
        if len(reply) < PIECE_BYTES:
            return Entry(kind, expires_ms, digest_of(kind, reply), reply if kept else None)
        return Entry(kind, expires_ms, _digest_of_pieces(reader, key, reply))
    try:
        value = _value(kind, reply)
    except (TypeError, ValueError, IndexError) as problem:
        raise LabError(f"cannot be read back (a {kind} that is none: {problem})", where=reader.where) from problem
    if value is None:
        return Entry(kind, expires_ms, b"")
    return Entry(kind, expires_ms, digest_of(kind, value), value if kept else None)


def _digest_of_pieces(reader: NodeReader, key: bytes, piece: bytes) -> bytes:
    """Of a string that is too long to be held in memory as a whole."""
    digest = blake2b(piece, digest_size=DIGEST_BYTES)
    start = len(piece)
    while len(piece) == PIECE_BYTES:
        piece = bytes(reader.ask("GETRANGE", key, start, start + PIECE_BYTES - 1))
        digest.update(piece)
        start += len(piece)
    return digest.digest()


def _value(kind: str, reply: Any) -> Any:
    """A reply in the form of the type (:data:`jsquared.records.contents.FORMS`); None for an unknown type."""
    form = _FORMS.get(kind)
    return None if form is None else form(reply)


def _pairs(reply: Any) -> list[tuple[bytes, bytes]]:
    return [(bytes(name), bytes(value)) for name, value in zip(reply[::2], reply[1::2], strict=True)]


def _score(text: bytes) -> float:
    score = float(text)
    if math.isnan(score):
        raise ValueError("a score that is no number")
    return score


_FORMS: dict[str, Callable[[Any], Any]] = {
    "string": bytes,
    "list": lambda reply: [bytes(item) for item in reply],
    "set": lambda reply: sorted(bytes(item) for item in reply),
    "hash": lambda reply: sorted(_pairs(reply)),
    "zset": lambda reply: sorted((member, _score(score)) for member, score in _pairs(reply)),
    "stream": lambda reply: [(bytes(entry[0]), [bytes(item) for item in entry[1]]) for entry in reply],
}
