"""A client reads what it wrote: before each new version of a key, the one that is there.

All goes over one connection after the other, so what was acknowledged on it before the read was sent must show in it: a value that is
older, or none, has been taken back by whom the client believes to be the primary. What nobody knows the outcome of may show or not: at
any later time where it was never replied to, else only until a later version was acknowledged.
"""

from jsquared.records.history import CHUNK_SLOTS, NO_NODE, OK, PENDING, UNKNOWN, UNREPLIED, HistoryWriter
from jsquared.records.models.catalogue import MODELS, call_of, series_of, slots_of
from jsquared.records.models.payloads import payload_of
from jsquared.workload.reporter import Reporter

MOST_REPORTS = 50
"""More of the same would say no more."""


class OwnReads:
    """Holds what is read against the history of the same client, and reports what is older than it must be."""

    def __init__(self, history: HistoryWriter, reporter: Reporter, prefix: bytes, client: int) -> None:
        self._history = history
        self._reporter = reporter
        self._prefix = prefix
        self._client = client
        self._reports = 0

    def judge(self, slot: int, reply: object, node: int) -> None:
        """``reply`` is what GET gave in the operation of that number; an error says nothing."""
        if isinstance(reply, Exception) or self._reports >= MOST_REPORTS:
            return
        series, step = series_of(slot)
        earlier = slots_of(slot % len(MODELS), series)[:step]
        known = [(at, self._outcome(at)) for at in earlier]
        kept = max((at for at, outcome in known if outcome == OK), default=-1)
        allowed = [at for at, outcome in known if at == kept or self._may_show(at, outcome, kept)]
        if kept >= 0 and all(reply != self._value(at) for at in reversed(allowed)):
            self._reports += 1
            seen = next((number for number, (at, _) in enumerate(known) if self._value(at) == reply), None)
            self._reporter.say(
                "stale-read",
                node,
                f"{self._key(slot)}: {self._words(reply, seen)}, {series_of(kept)[1]} was acknowledged",
            )

    def _may_show(self, slot: int, outcome: int, kept: int) -> bool:
        """Whether a version may be there beside the one that was acknowledged last: given after it, or applied late."""
        if outcome == UNKNOWN:
            return slot > kept or self._history.chunk(slot).error[slot % CHUNK_SLOTS] in UNREPLIED
        return outcome == PENDING

    def _outcome(self, slot: int) -> int:
        chunk = self._history.chunk(slot)
        at = slot % CHUNK_SLOTS
        return int(chunk.outcome[at]) if chunk.node[at] != NO_NODE else -1

    def _value(self, slot: int) -> str:
        """The value of a version as the connection's reader gives it, which takes bytes for text."""
        return payload_of(call_of(self._prefix, self._client, slot)).decode(errors="replace")

    def _key(self, slot: int) -> str:
        return call_of(self._prefix, self._client, slot).keys[0].decode()

    @staticmethod
    def _words(reply: object, seen: int | None) -> str:
        if reply is None:
            return "read as absent"
        return f"read version {seen}" if seen is not None else "read a value that was never written"
