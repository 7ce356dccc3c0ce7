"""Keys that live for a time: for hours, which must be left at the end, or for a second and a quarter, then nothing may be left."""

from typing import ClassVar

from jsquared.records.models.kept_replies import OK, Reply
from jsquared.records.models.model import SERIES, Call, Held, OneKey, State, Words
from jsquared.records.models.payloads import payload_of, short_of

HOUR_S = 3600
PASSING_MS = 1250
"""A client gives an operation of this kind every 325 ms, so the fourth afterwards comes just after the end: a server that still shows the
key then has not had the time to remove it by the way."""


class Lasting(OneKey):
    """GET; and SETEX, then EXPIRE, in turn. Every step gives another number of hours, so the time that is left tells which one gave it.

    The GET is a reader, as that of *versions*; EXPIRE leaves the value as it was. A time is right where the operation may have been applied
    between the moment when it was sent and the end of the trial. No time to live is *TTL lost*; another one is *TTL wrong*. Where a fault
    moved clocks, only whether there is one is judged.
    """

    name: ClassVar[str] = "lasting"
    needs: ClassVar[tuple[str, ...]] = ("GET", "SETEX", "EXPIRE")

    def commands(self, call: Call) -> tuple[Words, ...]:
        """GET; SETEX at even steps, EXPIRE at odd ones."""
        key, ttl_s = call.keys[0], self._ttl_s(call.step)
        change: Words = (
            (b"SETEX", key, ttl_s, payload_of(call)) if self.overwrites(call.step) else (b"EXPIRE", key, ttl_s)
        )
        return ((b"GET", key), change)

    def apply(self, state: State, call: Call) -> State:
        """The value with the time to live given last; EXPIRE makes no key."""
        ttl_s = self._ttl_s(call.step)
        if self.overwrites(call.step):
            return (Held("string", payload_of(call), ttl_s, call.step),)
        before = state[0]
        return (before and Held(before.type, before.value, ttl_s, call.step),)

    def replies(self, state: State, call: Call) -> tuple[Reply, ...]:
        """To EXPIRE, whether there was a key."""
        return (OK,) if self.overwrites(call.step) else (0 if state[0] is None else 1,)

    def overwrites(self, step: int) -> bool:
        """SETEX does."""
        return step % 2 == 0

    @staticmethod
    def _ttl_s(step: int) -> int:
        return HOUR_S * (step + 2)


class Passing(OneKey):
    """SET for little more than a second, and a GET of the series before this one: first it must be there, and then no more.

    Until the end of its time the key must be there, and from then on it must not, whether the server has removed it already or not. Its
    time begins between the moment when the SET was sent and the one when it was acknowledged. At the usual rate one of the GETs comes soon
    after the end, sooner than most removals.

    At the end nothing may be left of it but what was set in the last moments. A key that stays is *TTL lost*; one that would live longer is
    *TTL wrong*.
    """

    name: ClassVar[str] = "passing"
    needs: ClassVar[tuple[str, ...]] = ("GET", "SET")

    def commands(self, call: Call) -> tuple[Words, ...]:
        """GET of the key before, SET with PX."""
        names, _, _ = call.keys[0].rpartition(b":")
        before = b"%b:%d" % (names, max(call.series - 1, 0))
        return ((b"GET", before), (b"SET", call.keys[0], short_of(call), b"PX", PASSING_MS))

    def apply(self, state: State, call: Call) -> State:  # noqa: ARG002 -- whatever was there is overwritten
        """The value, for a while."""
        return (Held("string", short_of(call), PASSING_MS / 1000, call.step),)

    def replies(self, state: State, call: Call) -> tuple[Reply, ...]:  # noqa: ARG002 -- the same whatever was there
        """OK."""
        return (OK,)

    def looked_at(self, call: Call) -> tuple[int, int]:
        """The series before, whole."""
        return call.series - 1, SERIES
