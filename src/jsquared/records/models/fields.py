"""Fields: some fields of a hash are set and deleted."""

from typing import ClassVar

from jsquared.records.models.kept_replies import Reply
from jsquared.records.models.model import Call, Held, OneKey, State, Words
from jsquared.records.models.payloads import payload_of

_SET = {0: b"a", 1: b"b", 2: b"c", 4: b"a", 5: b"d", 6: b"b"}
_DELETED = {3: b"a", 7: b"c"}


class Fields(OneKey):
    """HSET of the fields of a hash, and HDEL of two of them. A deleted field that is back is *resurrected*."""

    name: ClassVar[str] = "fields"
    needs: ClassVar[tuple[str, ...]] = ("HSET", "HDEL")

    def commands(self, call: Call) -> tuple[Words, ...]:
        """HDEL at steps 3 and 7, else HSET."""
        key = call.keys[0]
        if self.removes(call.step):
            return ((b"HDEL", key, _DELETED[call.step]),)
        return ((b"HSET", key, _SET[call.step], payload_of(call)),)

    def apply(self, state: State, call: Call) -> State:
        """The fields that are left; without any there is no key."""
        fields = dict(state[0].value) if state[0] else {}
        if self.removes(call.step):
            fields.pop(_DELETED[call.step], None)
        else:
            fields[_SET[call.step]] = payload_of(call)
        return (Held("hash", tuple(sorted(fields.items()))) if fields else None,)

    def replies(self, state: State, call: Call) -> tuple[Reply, ...]:
        """To HSET how many fields are new, to HDEL how many there were."""
        name = _DELETED[call.step] if self.removes(call.step) else _SET[call.step]
        there = name in dict(state[0].value if state[0] else ())
        return (int(there == self.removes(call.step)),)

    def removes(self, step: int) -> bool:
        """HDEL does."""
        return step in _DELETED
