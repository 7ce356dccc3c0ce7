"""Ranking: members of a sorted set are given scores and points."""

from typing import ClassVar

from jsquared.records.models.kept_replies import Reply
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
        member, _ = self._of(call)
        scores = {**self._scores(state), member: self._score(state, call)}
        return (Held("zset", tuple(sorted(scores.items()))),)

    def replies(self, state: State, call: Call) -> tuple[Reply, ...]:
        """To ZADD how many members are new, to ZINCRBY the score."""
        member, _ = self._of(call)
        if call.step in _POINTS:
            return (b"%.17g" % self._score(state, call),)
        return (int(member not in self._scores(state)),)

    def _score(self, state: State, call: Call) -> float:
        """The member's score after the operation."""
        member, score = self._of(call)
        return self._scores(state).get(member, 0.0) + score if call.step in _POINTS else score

    @staticmethod
    def _scores(state: State) -> dict[bytes, float]:
        return dict(state[0].value) if state[0] else {}

    @staticmethod
    def _of(call: Call) -> tuple[bytes, float]:
        return _MEMBERS[call.step % len(_MEMBERS)], 2.0**call.step + 0.5
