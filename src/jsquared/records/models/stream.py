"""Stream: entries are added, in the order of the operations. Their identifiers are the server's."""

from typing import ClassVar

from jsquared.records.models.kept_replies import CHOSEN, Reply
from jsquared.records.models.model import Call, Held, OneKey, State, Words
from jsquared.records.models.payloads import short_of


class Stream(OneKey):
    """XADD with identifiers of the server's choice. The entries and their order must be right.

    Each identifier must be above those of the entries before it, and at the end the entry must have the one that was replied. They must be
    the same on all nodes.
    """

    name: ClassVar[str] = "stream"
    needs: ClassVar[tuple[str, ...]] = ("XADD",)
    shows_each: ClassVar[bool] = True

    def commands(self, call: Call) -> tuple[Words, ...]:
        """XADD with an identifier of the server's choice."""
        return ((b"XADD", call.keys[0], b"*", b"step", short_of(call)),)

    def apply(self, state: State, call: Call) -> State:
        """The entries, oldest first."""
        before = state[0].value if state[0] else ()
        return (Held("stream", (*before, (b"step", short_of(call)))),)

    def replies(self, state: State, call: Call) -> tuple[Reply, ...]:  # noqa: ARG002 -- the server chooses
        """An identifier."""
        return (CHOSEN,)
