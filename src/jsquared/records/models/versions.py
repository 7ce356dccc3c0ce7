"""Versions: one key is overwritten again and again, with values of all sizes."""

from typing import ClassVar

from jsquared.records.models.model import Call, Held, OneKey, State, Words
from jsquared.records.models.payloads import payload_of


class Versions(OneKey):
    """SET over SET."""

    name: ClassVar[str] = "versions"
    needs: ClassVar[tuple[str, ...]] = ("SET",)

    def commands(self, call: Call) -> tuple[Words, ...]:
        """SET."""
        return ((b"SET", call.keys[0], payload_of(call)),)

    def apply(self, state: State, call: Call) -> State:  # noqa: ARG002 -- whatever was there is overwritten
        """The newest version."""
        return (Held("string", payload_of(call)),)
