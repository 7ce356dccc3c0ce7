"""Counter: powers of ten are added, so that each digit of the sum tells how often one operation was applied."""

from typing import ClassVar

from jsquared.records.models.kept_replies import Reply
from jsquared.records.models.model import Call, Held, OneKey, State, Words


class Counter(OneKey):
    """INCR at step 0, then INCRBY 10, 100 and so on.

    Each digit of the sum tells how often one of them was applied: too little is *lost*, too much *applied twice*.
    """

    name: ClassVar[str] = "counter"
    needs: ClassVar[tuple[str, ...]] = ("INCR", "INCRBY")
    shows_each: ClassVar[bool] = True

    def commands(self, call: Call) -> tuple[Words, ...]:
        """INCR or INCRBY."""
        key = call.keys[0]
        return ((b"INCRBY", key, 10**call.step),) if call.step else ((b"INCR", key),)

    def apply(self, state: State, call: Call) -> State:
        """The sum."""
        return (Held("string", b"%d" % self._sum(state, call)),)

    def replies(self, state: State, call: Call) -> tuple[Reply, ...]:
        """The sum."""
        return (self._sum(state, call),)

    @staticmethod
    def _sum(state: State, call: Call) -> int:
        before = int(state[0].value) if state[0] else 0
        return int(before + 10**call.step)
