"""Queue: jobs are pushed to a list and moved to another one, oldest first."""

from typing import ClassVar

from jsquared.records.models.kept_replies import Reply
from jsquared.records.models.model import Call, Held, OneKey, State, Words
from jsquared.records.models.payloads import short_of

_MOVES = (2, 4, 7)


class Queue(OneKey):
    """LPUSH of jobs to a list; RPOPLPUSH moves the oldest of them to a second list.

    A job in both lists or in none, or in another place, is *lost*, *applied twice*, *wrong order* or *torn*.
    """

    name: ClassVar[str] = "queue"
    needs: ClassVar[tuple[str, ...]] = ("LPUSH", "RPOPLPUSH")
    suffixes: ClassVar[tuple[bytes, ...]] = (b"", b":done")
    shows_each: ClassVar[bool] = True

    def commands(self, call: Call) -> tuple[Words, ...]:
        """RPOPLPUSH at steps 2, 4 and 7, else LPUSH."""
        waiting, done = call.keys
        if call.step in _MOVES:
            return ((b"RPOPLPUSH", waiting, done),)
        return ((b"LPUSH", waiting, short_of(call)),)

    def apply(self, state: State, call: Call) -> State:
        """Both lists; an empty one is not a key."""
        waiting, done = (held.value if held else () for held in state)
        if call.step not in _MOVES:
            waiting = (short_of(call), *waiting)
        elif waiting:
            waiting, done = waiting[:-1], (waiting[-1], *done)
        return tuple(Held("list", jobs) if jobs else None for jobs in (waiting, done))

    def replies(self, state: State, call: Call) -> tuple[Reply, ...]:
        """To LPUSH how many jobs wait, to RPOPLPUSH the job that is moved."""
        waiting = state[0].value if state[0] else ()
        if call.step not in _MOVES:
            return (len(waiting) + 1,)
        return (waiting[-1] if waiting else None,)
