"""Every split of the machines into two sides, and the acknowledgement level that none of them breaks.

The model, from the selection of replicas and the election in sentinel.c: the primary is on one side with some replicas, and a client is
on each. The other side promotes a replica once it has as many Sentinels as quorum and majority of *all* configured ones ask for. It takes
the best priority first and only then the longest history. So a write that N replicas confirmed is lost when N replicas exist that are
not of the best priority on that side: none of the candidates needs to have the write. With equal priorities these are the replicas on
the primary's side, which go on confirming after the split.

Machines with the same nodes are interchangeable, so counting how many of each kind are on which side covers every split.
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
    for near, far in _splits(others):
        split = _judge(primary, near, far, needed, replicas)
        for level in range(split.exposed + 1 if split else 0):
            if split and (level not in breaking or _clearer(split, breaking[level], level)):
                breaking[level] = split
    return SplitSafety(replicas, dict(sorted(breaking.items())))


def _splits(others: Sequence[Site]) -> Iterator[tuple[list[Site], list[Site]]]:
    kinds: dict[tuple[tuple[int, ...], int], list[Site]] = {}
    for site in others:
        kinds.setdefault((tuple(sorted(site.priorities)), site.sentinels), []).append(site)
    for counts in product(*(range(len(sites) + 1) for sites in kinds.values())):
        near = [site for sites, count in zip(kinds.values(), counts, strict=True) for site in sites[:count]]
        far = [site for sites, count in zip(kinds.values(), counts, strict=True) for site in sites[count:]]
        yield near, far


def _judge(primary: Site, near: list[Site], far: list[Site], needed: int, replicas: int) -> Split | None:
    """The split with the level that it loses; None where the far side cannot fail over."""
    candidates = [number for site in far for number in site.priorities if number]
    if sum(site.sentinels for site in far) < needed or not candidates:
        return None
    best = min(candidates)
    promoted = [site.name for site in far for number in site.priorities if number == best]
    return Split(
        primary_side=tuple(site.name for site in (primary, *near)),
        other_side=tuple(site.name for site in far),
        confirming=tuple(site.name for site in (primary, *near) for _ in site.priorities),
        candidates=tuple(promoted),
        exposed=replicas - len(promoted),
    )


def _clearer(split: Split, than: Split, level: int) -> bool:
    """One whose primary's side goes on acknowledging shows the loss without further luck; then the smaller side."""
    return _clarity(split, level) < _clarity(than, level)


def _clarity(split: Split, level: int) -> tuple[bool, int]:
    return len(split.confirming) < level, len(split.primary_side)
