"""A client reads what it wrote: before it changes a key, what is there.

All goes over one connection after the other, so what was acknowledged on it before the read was sent must show in it: a value that is
older, or none, has been taken back by whom the client believes to be the primary; no loss makes one that was never written. What is unknown
the outcome of may show or not: at any later time where it was never replied to, else only until a later version was acknowledged.

Where the value had a time to live, it must be there until that is over, and gone afterwards. It began between the moment when the
operation was sent and the one when it was acknowledged, at that node's clock.
"""

from dataclasses import dataclass

from jsquared.clock import NS_PER_MS, now_ns
from jsquared.records.history import CHUNK_SLOTS, FAIL, NO_NODE, OK, PENDING, UNKNOWN, UNREPLIED, HistoryWriter
from jsquared.records.models.catalogue import MODELS, call_of, model_of, slots_of
from jsquared.records.models.model import Call
from jsquared.workload.reporter import Reporter

MOST_REPORTS = 50
"""More of the same would say no more."""
GRACE_MS = 20
"""How far a server's clock may run from the client's in the second that a time to live lasts, and what it rounds."""
_GRACE_NS = GRACE_MS * NS_PER_MS
STALE, EARLY, LATE, FOREIGN = "stale-read", "gone-early", "read-late", "read-foreign"
_NOT_SENT = -1


@dataclass(frozen=True)
class _Written:
    """An earlier operation on the key: its number and step, what is known of it, and what it left there."""

    slot: int
    step: int
    outcome: int
    value: str | None
    ttl_ns: float | None


class OwnReads:
    """Holds what is read against the history of the same client, and reports what is not as it must be."""

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
        written = self._written(slot)
        kept = next((one for one in reversed(written) if one.outcome == OK), None)
        if kept is None:
            return
        allowed = [one.value for one in written if one is kept or self._may_show(one.slot, one.outcome, kept.slot)]
        if reply in allowed:
            if reply is not None and self._is_over(slot, written, kept, node):
                self._say(LATE, slot, node, f"read {kept.step} after its end")
        elif reply is None and kept.ttl_ns is not None:
            if now_ns() < self._invoked_ns(kept.slot) + kept.ttl_ns - _GRACE_NS:
                self._say(EARLY, slot, node, f"read as absent before the end of {kept.step}")
        else:
            seen = next((one for one in written if one.value == reply), None)
            foreign = reply is not None and (seen is None or seen.outcome in (FAIL, _NOT_SENT))
            words = _words(reply, None if seen is None else seen.step)
            self._say(FOREIGN if foreign else STALE, slot, node, f"{words}, {kept.step} was acknowledged")

    def _written(self, slot: int) -> list[_Written]:
        """The operations on the key that is read which came before and set its value."""
        model = model_of(slot)
        series, steps = model.looked_at(self._call(slot))
        if series < 0:
            return []
        earlier = slots_of(slot % len(MODELS), series)[:steps]
        return [self._one(at, step) for step, at in enumerate(earlier) if model.overwrites(step)]

    def _one(self, at: int, step: int) -> _Written:
        call = self._call(at)
        held = model_of(at).apply((None,) * len(call.keys), call)[0]
        if held is None:
            return _Written(at, step, self._outcome(at), None, None)
        ttl_ns = None if held.ttl_s is None else held.ttl_s * 1000 * NS_PER_MS
        # The connection's reader takes bytes for text.
        return _Written(at, step, self._outcome(at), held.value.decode(errors="replace"), ttl_ns)

    def _is_over(self, slot: int, written: list[_Written], kept: _Written, node: int) -> bool:
        """True if the key must have expired before the read was sent: nothing can have given it a longer life, at any node."""
        if kept.ttl_ns is None or any(one.outcome not in (OK, FAIL) for one in written):
            return False
        chunk, at = self._history.chunk(kept.slot), kept.slot % CHUNK_SLOTS
        end_ns = int(chunk.completed_ns[at]) + kept.ttl_ns + _GRACE_NS
        return int(chunk.node[at]) == node and self._invoked_ns(slot) > end_ns

    def _invoked_ns(self, slot: int) -> int:
        return int(self._history.chunk(slot).invoked_ns[slot % CHUNK_SLOTS])

    def _may_show(self, slot: int, outcome: int, kept: int) -> bool:
        """True if a version may be there beside the one that was acknowledged last: given after it, or applied late."""
        if outcome == UNKNOWN:
            return slot > kept or self._history.chunk(slot).error[slot % CHUNK_SLOTS] in UNREPLIED
        return outcome == PENDING

    def _outcome(self, slot: int) -> int:
        chunk = self._history.chunk(slot)
        at = slot % CHUNK_SLOTS
        return int(chunk.outcome[at]) if chunk.node[at] != NO_NODE else _NOT_SENT

    def _call(self, slot: int) -> Call:
        return call_of(self._prefix, self._client, slot)

    def _say(self, action: str, slot: int, node: int, words: str) -> None:
        series, _ = model_of(slot).looked_at(self._call(slot))
        first = slots_of(slot % len(MODELS), series)[0]
        self._reports += 1
        self._reporter.say(action, node, f"{self._call(first).keys[0].decode()}: {words}")


def _words(reply: object, seen: int | None) -> str:
    if reply is None:
        return "read as absent"
    return f"read version {seen}" if seen is not None else "read a value that was never written"
