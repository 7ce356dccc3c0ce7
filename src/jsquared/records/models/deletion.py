"""Deletion: a key is set and deleted in turn, each time over a time to live that must not outlast it."""

from typing import ClassVar

from jsquared.records.models.kept_replies import OK, QUEUED, Reply
from jsquared.records.models.model import Call, Held, OneKey, State, Words
from jsquared.records.models.payloads import payload_of

MOMENT_MS = 100
"""Shorter than it takes until the client looks: whoever keeps this end for the second SET has lost the key by then."""


class Deletion(OneKey):
    """SET over a key that would soon have expired, and DEL, in turn. A deleted key that is there again is *resurrected*.

    Each SET is a transaction of two: one for a moment, and over it the one that stays. The GET in front of DEL must still find that: who
    keeps the end of what was overwritten has lost the key by then, which is a *stale read*.
    """

    name: ClassVar[str] = "deletion"
    needs: ClassVar[tuple[str, ...]] = ("MULTI", "SET", "EXEC", "GET", "DEL")

    def commands(self, call: Call) -> tuple[Words, ...]:
        """At even steps SET for a moment and SET for good, in one transaction; GET and DEL at odd ones."""
        key = call.keys[0]
        if self.removes(call.step):
            return ((b"GET", key), (b"DEL", key))
        return ((b"MULTI",), (b"SET", key, b"x", b"PX", MOMENT_MS), (b"SET", key, payload_of(call)), (b"EXEC",))

    def apply(self, state: State, call: Call) -> State:  # noqa: ARG002 -- whatever was there is overwritten or gone
        """The value, or nothing."""
        return (None,) if self.removes(call.step) else (Held("string", payload_of(call)),)

    def replies(self, state: State, call: Call) -> tuple[Reply, ...]:
        """To DEL, how many keys there were."""
        if self.removes(call.step):
            return (0 if state[0] is None else 1,)
        return (OK, QUEUED, QUEUED, (OK, OK))

    def removes(self, step: int) -> bool:
        """DEL does."""
        return step % 2 == 1
