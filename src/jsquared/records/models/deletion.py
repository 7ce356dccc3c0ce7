"""Deletion: a key is set and deleted in turn."""

from typing import ClassVar

from jsquared.records.models.model import Call, Held, OneKey, State, Words
from jsquared.records.models.payloads import payload_of


class Deletion(OneKey):
    """SET and DEL in turn. A deleted key that is there again is *resurrected*."""

    name: ClassVar[str] = "deletion"
    needs: ClassVar[tuple[str, ...]] = ("SET", "DEL")

    def commands(self, call: Call) -> tuple[Words, ...]:
        """SET at even steps, DEL at odd ones."""
        key = call.keys[0]
        return ((b"DEL", key),) if self.removes(call.step) else ((b"SET", key, payload_of(call)),)

    def apply(self, state: State, call: Call) -> State:  # noqa: ARG002 -- whatever was there is overwritten or gone
        """The value, or nothing."""
        return (None,) if self.removes(call.step) else (Held("string", payload_of(call)),)

    def removes(self, step: int) -> bool:
        """DEL does."""
        return step % 2 == 1
