"""The rule by which a floating address moves: each candidate host decides for itself, from its own observations, as with VRRP.

Holders say all the time that they have it. A host takes it once its own check has passed, and no host before it in the order was heard to
have it, for ``after``. It gives it up once its check has failed for ``after``, or at once where a host before it has it too. So hosts that
cannot hear each other may both have it, and once they can, the first of them keeps it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

Act = Literal["take", "give up", "announce"]


@dataclass(frozen=True)
class Move:
    """A host's move of the address, and the reason as the rest of a sentence about it."""

    act: Act
    why: str


class Seat:
    """One host's part. ``place`` is its place in the order of ``hosts``; ``reason`` says in a few words that its check passes."""

    def __init__(
        self,
        hosts: Sequence[str],
        place: int,
        after_s: float,
        reason: str,
        now_s: float,
        *,
        preempts: bool = True,
        skew_s: float = 0,
    ) -> None:
        """:param preempts: whether it takes the address from a host that comes after it.

        :param skew_s: how much longer it waits for a word of a holder, so that of several hosts the first takes it.
        """
        self.host = hosts[place]
        self.has_it = False
        self._hosts = hosts
        self._place = place
        self._after_s = after_s
        self._reason = reason
        self._preempts = preempts
        self._skew_s = skew_s
        self._alive = True
        self._passes = False
        self._since_s = now_s
        self._better_s = now_s

    def begin(self) -> None:
        """It has the address from the start."""
        self.has_it = self._passes = True

    def look(self, now_s: float, *, alive: bool, passes: bool, heard: Collection[int]) -> Move | None:
        """Return its next move, None without one.

        :param alive: whether the host itself runs; one that does not loses what it had, and begins again when it does.
        :param passes: what its check says.
        :param heard: the places of hosts that it was told to have the address since the last look.
        """
        if not alive:
            return self._gone(now_s)
        if not self._alive or passes != self._passes:
            self._since_s = now_s
        self._alive, self._passes = True, passes
        if heard and not self._preempts:
            self._better_s = now_s
        first = min(heard, default=self._place)
        if first < self._place:
            self._better_s = now_s
            return (
                self._leave(f"hears that {self._hosts[first]}, which comes before it, has it") if self.has_it else None
            )
        return self._kept(now_s, heard) if self.has_it else self._waited(now_s)

    def _gone(self, now_s: float) -> Move | None:
        self._alive = self._passes = False
        self._since_s = self._better_s = now_s
        return self._leave("is down") if self.has_it else None

    def _kept(self, now_s: float, heard: Collection[int]) -> Move | None:
        if not self._passes and now_s - self._since_s >= self._after_s:
            return self._leave(f"has not been {self._reason} for {_seconds(self._after_s)}")
        if heard:
            return Move("announce", f"{self._hosts[min(heard)]}, which comes after it, has it too")
        return None

    def _waited(self, now_s: float) -> Move | None:
        silent_s = now_s - self._better_s - self._skew_s
        if not self._passes or min(now_s - self._since_s, silent_s) < self._after_s:
            return None
        self.has_it = True
        return Move(
            "take",
            f"has been {self._reason} for {_seconds(self._after_s)}, and heard of no holder{' before it' if self._preempts else ''}",
        )

    def _leave(self, why: str) -> Move:
        self.has_it = False
        return Move("give up", why)


def _seconds(length_s: float) -> str:
    return f"{length_s:g} s"
