"""Versions: one key is read and overwritten again and again, with values of all sizes."""

from typing import ClassVar

from jsquared.records.models.kept_replies import OK, Reply
from jsquared.records.models.model import Call, Held, OneKey, State, Words
from jsquared.records.models.payloads import payload_of


class Versions(OneKey):
    """GET, then SET over it, with values of all sizes. The last version that was applied must be there.

    The GET is a reader during the fault. It goes over the connection that the writes go over, so it must give the version that was
    acknowledged last, or one whose outcome no one knows and that may still be there. An older one, or none, is a *stale read*; the final
    content would not show it, since the next version covers it (workload/own_reads.py).
    """

    name: ClassVar[str] = "versions"
    needs: ClassVar[tuple[str, ...]] = ("GET", "SET")

    def commands(self, call: Call) -> tuple[Words, ...]:
        """GET, SET."""
        return (
            (b"GET", call.keys[0]),
            (b"SET", call.keys[0], payload_of(call)),
        )

    def apply(self, state: State, call: Call) -> State:  # noqa: ARG002 -- whatever was there is overwritten
        """The newest version."""
        return (Held("string", payload_of(call)),)

    def replies(self, state: State, call: Call) -> tuple[Reply, ...]:  # noqa: ARG002 -- the same whatever was there
        """OK."""
        return (OK,)
