"""What clocks that differ and files that mix servers make doubtful: durations between lines, and all that follows from their order.

Lines are shown at the times that are in the files unless ``--align-clocks`` moves them. As long as clocks are proven to differ, a line may
be hours away from those that it belongs with: then nothing is said that would need them side by side.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from jsquared.monitor.logs.cause_pairs import Pair
from jsquared.monitor.logs.changes import Word
from jsquared.monitor.logs.clock_bounds import Clocks, impossible
from jsquared.monitor.logs.identify import Roster, masters_by_address
from jsquared.text import duration, listed

TOLERATED_S = 0.1
"""Sentinels look at their primaries ten times a second: a difference of less hardly changes what is said."""


@dataclass(frozen=True)
class Doubt:
    """Why something is not known about a failover, in which servers with different clocks had a part."""

    apart_s: float
    """How far apart their clocks are at least."""
    who: str
    """Whose clocks these are, or which files mix servers, in words."""
    is_mixed: bool = False
    """Lines of one log are not of one server: then not even those of one log compare."""

    @property
    def since(self) -> str:
        """The reason in a few words."""
        return "a file mixes several servers" if self.is_mixed else "clocks differ"

    @property
    def note(self) -> str:
        """The sentence that stands with the failover."""
        if self.is_mixed:
            return f"{self.who}: durations, who led, and how many failovers these lines tell of are not known"
        return f"{self.who}: durations between lines of different servers, and what follows from their order, are not known"


@dataclass(frozen=True)
class Doubts:
    """All that is wrong with the clocks at the times with which everything is rebuilt."""

    clocks: Clocks
    moved: Mapping[str, float]
    wrong: Sequence[Pair]
    """Effects that are before their causes, the worst of each two servers."""
    mixed: Mapping[str, int]
    """The logs with lines of several servers, each with how many they are at least."""

    @classmethod
    def of(
        cls, clocks: Clocks, moved: Mapping[str, float], pairs: Iterable[Pair], mixed: Mapping[str, int] | None = None
    ) -> "Doubts":
        """Return those that are left once lines are moved.

        :param pairs: at the times of the moved lines.
        :param mixed: the logs with lines of several servers, each with how many they are at least.
        """
        return cls(clocks, moved, impossible(pairs), mixed or {})

    def among(self, names: Collection[str]) -> Doubt | None:
        """Why the times of these servers' lines do not fit together; None where they do as far as is known."""
        if mixed := [one for one in self.mixed if one in names]:
            return Doubt(0.0, listed([f"{name} mixes the lines of several servers" for name in mixed]), is_mixed=True)
        return self.of_clocks(names)

    def of_clocks(self, names: Collection[str]) -> Doubt | None:
        """Return the same by their clocks alone."""
        ahead = {name: by_s for name, by_s in self._ahead().items() if name in names}
        apart_s = max(ahead.values(), default=0.0) - min(ahead.values(), default=0.0)
        if apart_s > TOLERATED_S:
            return Doubt(apart_s, f"{_off(ahead)} by {duration(apart_s * 1000)}")
        worst = next((pair for pair in self.wrong if pair.cause in names and pair.effect in names), None)
        if worst is None or -worst.after_s <= TOLERATED_S:
            return None
        between = listed(sorted((worst.cause, worst.effect)))
        back = duration(-worst.after_s * 1000)
        return Doubt(
            -worst.after_s, f"lines of {between} contradict each other by {back}, as if a clock was set in between"
        )

    def cautions(self, names: Collection[str]) -> list[str]:
        """What has to be known before anything else is read."""
        said = [
            f"{name} mixes the lines of {number} servers or more, and nothing in them says whose each line is: give each server's log as "
            "a file of its own; until then what depends on that is given as not known"
            for name, number in self.mixed.items()
        ]
        if self.moved:
            by = [f"those of {name} by {_signed(by_s)}" for name, by_s in self.moved.items()]
            said.append(f"lines were moved (--align-clocks), so their times are not those in the files: {listed(by)}")
        doubt = self.of_clocks(names)
        if doubt is not None:
            can_move = any(self._ahead().values())
            way = "--align-clocks moves their lines" if can_move else "leaving out the log with that clock may help"
            said.append(f"{doubt.who}: what depends on that is given as not known; {way}")
        return said

    def _ahead(self) -> dict[str, float]:
        """By how much each server's times are ahead of the reference's, where that is known."""
        return {
            one.node: one.ahead_s + self.moved.get(one.node, 0.0)
            for one in self.clocks.clocks.values()
            if one.ahead_s is not None
        }


def _off(ahead: Mapping[str, float]) -> str:
    """Whose clocks differ from the others', in words; those that are as far from the reference's as is tolerated are not among them."""
    off = [name for name, by_s in ahead.items() if abs(by_s) > TOLERATED_S / 2]
    return f"the clock of {off[0]} differs" if len(off) == 1 else f"the clocks of {listed(off)} differ"


def _signed(by_s: float) -> str:
    return f"{'+' if by_s > 0 else '-'}{duration(abs(by_s) * 1000)}"


def with_a_part(master: str, words: Iterable[Word], roster: Roster) -> set[str]:
    """Whose lines may belong to a failover of a primary: the Sentinels that wrote of it, and data nodes that are of no other primary.

    :param words: what Sentinels wrote of it.
    """
    wrote = {word.node for word in words if word.kind != "starting"}
    of = masters_by_address(roster.sentinels)
    nodes = {one.name for one in roster.data if one.log and of.get(one.address, master) == master}
    return wrote | nodes
