"""Servers' replies to operations with a model, and the kept form of a reply: a number, an identifier, or a digest of anything else.

The client that keeps replies and the checker that knows which ones are possible put them into the same few bytes here.
"""

import hashlib
import json
import re
from collections.abc import Sequence

from jsquared.records.history import DIGEST, IDENTIFIER, NUMBER

Reply = int | bytes | tuple["Reply", ...] | None
"""What a server says to one command. An array is a tuple, no value is None."""
Kept = tuple[int, int]
"""What is kept of all replies to an operation: the kind (``records/history.py``) and the value."""
OK: Reply = b"OK"
QUEUED: Reply = b"QUEUED"
CHOSEN: Reply = b"*"
"""Stands for an identifier of the server's choice."""
SAYS_ITS_OWN = "GET"
"""The command whose reply is judged as a read (``workload/own_reads.py``) and not kept."""
_IDENTIFIER = re.compile(r"(\d{1,13})-(\d{1,6})")
_COUNTER_BITS = 20
_DIGEST_BYTES = 8


def _text(value: object) -> str:
    """A text of a model, which the connection's reader has as str already."""
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


_ENCODER = json.JSONEncoder(default=_text)
"""Gives the same text for what is the same, and another one for all else; quicker than anything written here."""


def spoken(replies: Sequence[object], commands: Sequence[str]) -> list[object]:
    """The replies to an operation's commands that are kept."""
    return [reply for reply, command in zip(replies, commands, strict=True) if command != SAYS_ITS_OWN]


def kept(replies: Sequence[object]) -> Kept:
    """Return the kept form: one number as it is, one identifier of a stream as a number, a digest of all else.

    Texts may be bytes or str, arrays lists or tuples.
    """
    only = replies[0] if len(replies) == 1 else None
    if isinstance(only, int):
        return NUMBER, only
    if isinstance(only, str) and (parts := _IDENTIFIER.fullmatch(only)):
        return IDENTIFIER, int(parts[1]) << _COUNTER_BITS | int(parts[2])
    digest = hashlib.blake2b(_ENCODER.encode(replies).encode(), digest_size=_DIGEST_BYTES).digest()
    return DIGEST, int.from_bytes(digest, "little", signed=True)


def identifier(value: int) -> str:
    """An identifier of a stream that is kept, as the server wrote it."""
    return f"{value >> _COUNTER_BITS}-{value & ((1 << _COUNTER_BITS) - 1)}"


def shown(reply: Reply) -> str:
    """A reply in words."""
    if isinstance(reply, tuple):
        return f"[{' '.join(map(shown, reply))}]"
    if reply is None:
        return "nothing"
    return "an identifier" if reply == CHOSEN else str(reply) if isinstance(reply, int) else reply.decode()
