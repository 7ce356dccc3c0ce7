"""Keys that live for a time: for hours, which must be left at the end, or for a second, after which nothing may be left."""

from typing import ClassVar

from jsquared.records.models.model import Call, Held, OneKey, State, Words
from jsquared.records.models.payloads import payload_of, short_of

HOUR_S = 3600


class Lasting(OneKey):
    """SETEX, then EXPIRE, in turn. Every step gives another number of hours, so the time that is left tells which one gave it.

    It is right where the operation may have been applied between the moment when it was sent and the end of the trial. No time to live is
    *TTL lost*; another one is *TTL wrong*. Where a fault moved clocks, only whether there is one is judged.
    """

    name: ClassVar[str] = "lasting"
    needs: ClassVar[tuple[str, ...]] = ("SETEX", "EXPIRE")

    def commands(self, call: Call) -> tuple[Words, ...]:
        """SETEX at even steps, EXPIRE at odd ones."""
        key, ttl_s = call.keys[0], self._ttl_s(call.step)
        return ((b"EXPIRE", key, ttl_s),) if call.step % 2 else ((b"SETEX", key, ttl_s, payload_of(call)),)

    def apply(self, state: State, call: Call) -> State:
        """The value with the time to live given last; EXPIRE makes no key."""
        ttl_s = self._ttl_s(call.step)
        if call.step % 2 == 0:
            return (Held("string", payload_of(call), ttl_s, call.step),)
        before = state[0]
        return (before and Held(before.type, before.value, ttl_s, call.step),)

    @staticmethod
    def _ttl_s(step: int) -> int:
        return HOUR_S * (step + 2)


class Passing(OneKey):
    """SETEX of a second. At the end nothing may be left of it but what was set in the last second.

    A key that stays is *TTL lost*; one that would live longer is *TTL wrong*.
    """

    name: ClassVar[str] = "passing"
    needs: ClassVar[tuple[str, ...]] = ("SETEX",)

    def commands(self, call: Call) -> tuple[Words, ...]:
        """SETEX."""
        return ((b"SETEX", call.keys[0], 1, short_of(call)),)

    def apply(self, state: State, call: Call) -> State:  # noqa: ARG002 -- whatever was there is overwritten
        """The value, for a second."""
        return (Held("string", short_of(call), 1, call.step),)
