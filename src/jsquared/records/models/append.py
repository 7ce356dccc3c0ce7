"""Append: each operation adds a piece to a text, whose order is the order of the operations."""

from typing import ClassVar

from jsquared.records.models.kept_replies import Reply
from jsquared.records.models.model import Call, Held, OneKey, State, Words
from jsquared.records.models.payloads import short_of


class Append(OneKey):
    """APPEND of a piece of 16 bytes. The text shows each piece, and the order."""

    name: ClassVar[str] = "append"
    needs: ClassVar[tuple[str, ...]] = ("APPEND",)
    shows_each: ClassVar[bool] = True

    def commands(self, call: Call) -> tuple[Words, ...]:
        """APPEND."""
        return ((b"APPEND", call.keys[0], short_of(call)),)

    def apply(self, state: State, call: Call) -> State:
        """The text with its new end."""
        before = state[0].value if state[0] else b""
        return (Held("string", before + short_of(call)),)

    def replies(self, state: State, call: Call) -> tuple[Reply, ...]:
        """Return the new length of the text."""
        return (len(state[0].value if state[0] else b"") + len(short_of(call)),)
