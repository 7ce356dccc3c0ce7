"""Counter: one is added, or a power of ten, so that the digits of the sum tell how often each operation was applied."""

from typing import ClassVar

from jsquared.records.models.model import Call, Held, OneKey, State, Words


class Counter(OneKey):
    """INCR at even steps; at odd ones INCRBY 10, 100, 1000 and 10000."""

    name: ClassVar[str] = "counter"
    needs: ClassVar[tuple[str, ...]] = ("INCR", "INCRBY")
    shows_each: ClassVar[bool] = True

    def commands(self, call: Call) -> tuple[Words, ...]:
        """INCR or INCRBY."""
        key = call.keys[0]
        return ((b"INCR", key),) if call.step % 2 == 0 else ((b"INCRBY", key, self._added(call.step)),)

    def apply(self, state: State, call: Call) -> State:
        """The sum."""
        before = int(state[0].value) if state[0] else 0
        return (Held("string", b"%d" % (before + self._added(call.step))),)

    @staticmethod
    def _added(step: int) -> int:
        return 1 if step % 2 == 0 else 10 ** ((step + 1) // 2)
