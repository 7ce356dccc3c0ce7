"""Every split of the machines into two sides, and the acknowledgement level that none of them breaks.

The model, from the selection of replicas and the election in sentinel.c: the primary is on one side with some replicas, and a client is
on each. The other side promotes a replica once it has as many Sentinels as quorum and majority of *all* configured ones ask for. It takes
the best priority first and only then the longest history. So a write that N replicas confirmed is lost when N replicas exist that are
not of the best priority on that side: none of the candidates needs to have the write. With equal priorities these are the replicas on
the primary's side, which go on confirming after the split.

Every split is covered without looking at each: those whose best priority on the other side is P have all better replicas on the
primary's side, and for the others only counts matter, so machines with equal counts are interchangeable.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product


@dataclass(frozen=True)
class Site:
    """One machine: its name, the priorities of the replicas on it (0 is never promoted), how many Sentinels it has."""

    name: str
    priorities: tuple[int, ...]
    sentinels: int


@dataclass(frozen=True)
class Split:
    """Two sides of machines, by name.

    ``confirming`` has the machines of the replicas that still confirm the primary's writes, ``candidates`` those of the replicas of which
    one is promoted. ``exposed`` is the highest level that can be lost: as many replicas can lack what these lack.
    """

    primary_side: tuple[str, ...]
    other_side: tuple[str, ...]
    confirming: tuple[str, ...]
    candidates: tuple[str, ...]
    exposed: int

    def __str__(self) -> str:
        return f"{{{', '.join((*self.primary_side, 'a client'))}}} | {{{', '.join(self.other_side)}}}"


@dataclass(frozen=True)
class SplitSafety:
    """Which levels are safe. ``breaking`` maps a level N that is not (``wait:N``, 0 for async) to the clearest split that breaks it."""

    replicas: int
    breaking: dict[int, Split]

    @property
    def lowest_safe(self) -> int:
        """The lowest N such that no split loses writes that N replicas confirmed; 0: no side without the primary ever fails over."""
        return max(self.breaking, default=-1) + 1


def split_safety(primary: Site, others: Sequence[Site], needed: int) -> SplitSafety:
    """The levels that every split keeps.

    :param primary: the primary's machine, with the replicas and Sentinels beside the primary.
    :param others: every other machine with a replica or a Sentinel.
    :param needed: Sentinels that a failover takes: the larger of quorum and majority.
    """
    breaking: dict[int, Split] = {}
    replicas = sum(len(site.priorities) for site in (primary, *others))
    for best in sorted({number for site in others for number in site.priorities if number}):
        for far in _far_sides(others, best):
            if sum(site.sentinels for site in far) < needed or not any(best in site.priorities for site in far):
                continue
            split = _split(primary, others, far, best, replicas)
            for level in range(split.exposed + 1):
                if level not in breaking or _clearer(split, breaking[level], level):
                    breaking[level] = split
    return SplitSafety(replicas, dict(sorted(breaking.items())))


def _far_sides(others: Sequence[Site], best: int) -> Iterator[set[Site]]:
    """Every side without the primary on which no promotable replica has a better priority than ``best``."""
    kinds: dict[tuple[int, int, int], list[Site]] = {}
    for site in others:
        if not any(0 < number < best for number in site.priorities):
            kind = (site.priorities.count(best), len(site.priorities), site.sentinels)
            kinds.setdefault(kind, []).append(site)
    for counts in product(*(range(len(sites) + 1) for sites in kinds.values())):
        # The last of each kind are far, so that the first stay with the primary
        yield {site for sites, near in zip(kinds.values(), counts, strict=True) for site in sites[near:]}


def _split(primary: Site, others: Sequence[Site], far: set[Site], best: int, replicas: int) -> Split:
    near = [primary, *(site for site in others if site not in far)]
    promoted = [site.name for site in others if site in far for _ in range(site.priorities.count(best))]
    return Split(
        primary_side=tuple(site.name for site in near),
        other_side=tuple(site.name for site in others if site in far),
        confirming=tuple(site.name for site in near for _ in site.priorities),
        candidates=tuple(promoted),
        exposed=replicas - len(promoted),
    )


def _clearer(split: Split, than: Split, level: int) -> bool:
    """One whose primary's side keeps acknowledging shows the loss without further luck; then the smaller side."""
    return _clarity(split, level) < _clarity(than, level)


def _clarity(split: Split, level: int) -> tuple[bool, int]:
    return len(split.confirming) < level, len(split.primary_side)
