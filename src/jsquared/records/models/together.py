"""Changes that must happen together or not at all: a transaction, and a script. Each changes two keys."""

from typing import ClassVar

from jsquared.records.models.kept_replies import OK, QUEUED, Reply
from jsquared.records.models.model import Call, Held, OneKey, State, Words
from jsquared.records.models.payloads import short_of

MOMENT_MS = 50
"""How long a key lives that is only there to be watched: at the end of a trial none is left."""


class Transaction(OneKey):
    """MULTI, APPEND to one key, RPUSH to another one, EXEC; and before that a transaction that must be given up.

    That one appends too, but watches a key that has changed since: what it leaves is *corrupted*. Both keys show all pieces; a piece in one
    of them alone is *torn*.
    """

    name: ClassVar[str] = "transaction"
    needs: ClassVar[tuple[str, ...]] = ("WATCH", "SET", "MULTI", "APPEND", "RPUSH", "EXEC")
    suffixes: ClassVar[tuple[bytes, ...]] = (b"", b":log", b":watched")
    shows_each: ClassVar[bool] = True

    def commands(self, call: Call) -> tuple[Words, ...]:
        """The transaction that nothing may be left of, and the one that must be there, in one piece."""
        text, log, watched = call.keys
        piece = short_of(call)
        given_up: tuple[Words, ...] = (
            (b"WATCH", watched),
            (b"SET", watched, b"changed", b"PX", MOMENT_MS),
            (b"MULTI",),
            (b"APPEND", text, b"not to be applied;"),
            (b"EXEC",),
        )
        return (*given_up, (b"MULTI",), (b"APPEND", text, piece), (b"RPUSH", log, piece), (b"EXEC",))

    def apply(self, state: State, call: Call) -> State:
        """The same pieces in both keys, and for a moment what was watched."""
        text, log, _ = state
        piece = short_of(call)
        return (
            Held("string", (text.value if text else b"") + piece),
            Held("list", (*(log.value if log else ()), piece)),
            Held("string", b"changed", MOMENT_MS / 1000, call.step),
        )

    def replies(self, state: State, call: Call) -> tuple[Reply, ...]:
        """Nothing to the EXEC that is given up; to the other one how long text and list are now."""
        text, log, _ = state
        lengths = (len(text.value if text else b"") + len(short_of(call)), len(log.value if log else ()) + 1)
        return (OK, OK, OK, QUEUED, None, OK, QUEUED, QUEUED, lengths)


class Script(OneKey):
    """EVAL of a script that appends to one key and counts in another one. A piece that was not counted is *torn*.

    An error that its first line raised is a certain failure; one of its second line leaves half of it.
    """

    name: ClassVar[str] = "script"
    needs: ClassVar[tuple[str, ...]] = ("EVAL", "APPEND", "INCR")
    suffixes: ClassVar[tuple[bytes, ...]] = (b"", b":count")
    shows_each: ClassVar[bool] = True

    def commands(self, call: Call) -> tuple[Words, ...]:
        """EVAL; the script calls commands by the names that they have there, one a line: an error names the line that raised it."""
        append, increment = (call.names.get(name, name) for name in ("APPEND", "INCR"))
        body = f"redis.call('{append}', KEYS[1], ARGV[1])\nreturn redis.call('{increment}', KEYS[2])"
        return ((b"EVAL", body.encode(), 2, *call.keys, short_of(call)),)

    def apply(self, state: State, call: Call) -> State:
        """The pieces, and how many they are."""
        text, count = state
        return (
            Held("string", (text.value if text else b"") + short_of(call)),
            Held("string", b"%d" % (int(count.value if count else 0) + 1)),
        )

    def replies(self, state: State, call: Call) -> tuple[Reply, ...]:  # noqa: ARG002 -- every call counts one
        """Return the number of counted pieces."""
        return (int(state[1].value if state[1] else 0) + 1,)
