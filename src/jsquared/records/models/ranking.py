"""Ranking: members of a sorted set are given scores and points."""

from typing import ClassVar

from jsquared.records.models.model import Call, Held, OneKey, State, Words

_MEMBERS = (b"ann", b"bob", b"cid")
_POINTS = (2, 5, 7)


class Ranking(OneKey):
    """ZADD of scores of three members, and ZINCRBY at steps 2, 5 and 7: what is added twice shows.

    Scores are halves, which a floating-point number holds exactly.
    """

    name: ClassVar[str] = "ranking"
    needs: ClassVar[tuple[str, ...]] = ("ZADD", "ZINCRBY")

    def commands(self, call: Call) -> tuple[Words, ...]:
        """ZADD or ZINCRBY."""
        member, score = self._of(call)
        word = b"ZINCRBY" if call.step in _POINTS else b"ZADD"
        return ((word, call.keys[0], b"%.1f" % score, member),)

    def apply(self, state: State, call: Call) -> State:
        """The scores."""
        member, score = self._of(call)
        scores = dict(state[0].value) if state[0] else {}
        scores[member] = scores.get(member, 0.0) + score if call.step in _POINTS else score
        return (Held("zset", tuple(sorted(scores.items()))),)

    @staticmethod
    def _of(call: Call) -> tuple[bytes, float]:
        return _MEMBERS[call.step % len(_MEMBERS)], 2.0**call.step + 0.5
