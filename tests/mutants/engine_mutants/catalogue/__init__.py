"""All mutants, by what they break."""

import difflib
from collections.abc import Sequence
from dataclasses import replace

from engine_mutants.catalogue import (
    access,
    acknowledgement,
    expiry,
    partial_sync,
    persistence,
    replication,
    replies,
    roles,
    sentinel_down,
    sentinel_failover,
    sentinel_vote,
)
from engine_mutants.mutant import Mutant

AREAS: dict[str, tuple[Mutant, ...]] = {
    "replication": replication.MUTANTS,
    "replies": replies.MUTANTS,
    "acknowledgement": acknowledgement.MUTANTS,
    "partial-sync": partial_sync.MUTANTS,
    "persistence": persistence.MUTANTS,
    "expiry": expiry.MUTANTS,
    "roles": roles.MUTANTS,
    "access": access.MUTANTS,
    "sentinel-down": sentinel_down.MUTANTS,
    "sentinel-vote": sentinel_vote.MUTANTS,
    "sentinel-failover": sentinel_failover.MUTANTS,
}
ALL = {mutant.name: mutant for mutants in AREAS.values() for mutant in mutants}
AREA_OF = {mutant.name: area for area, mutants in AREAS.items() for mutant in mutants}

QUICK = "quick"
"""The name of a few that run with all other tests: one of each kind, in scenarios that end soon."""
QUICK_MUTANTS = (
    "wait-returns-at-once",
    "write-not-propagated",
    "aof-misses-writes",
    "snapshot-misses-keys",
    "down-early",
)


class UnknownMutantError(Exception):
    """There is no mutant and no area of that name."""


def chosen(names: Sequence[str]) -> list[Mutant]:
    """The mutants of these names, which may be those of areas or ``quick``; without names all of them.

    The quick ones are only asked for the first of their scenarios.

    :raises UnknownMutantError: a name is neither.
    """
    found: dict[str, Mutant] = {}
    for name in names or AREAS:
        found |= {mutant.name: mutant for mutant in _named(name)}
    return list(found.values())


def _named(name: str) -> Sequence[Mutant]:
    if name == QUICK:
        return [replace(ALL[each], scenarios=ALL[each].scenarios[:1]) for each in QUICK_MUTANTS]
    if name in AREAS:
        return AREAS[name]
    if name in ALL:
        return (ALL[name],)
    near = difflib.get_close_matches(name, [QUICK, *AREAS, *ALL], n=3)
    raise UnknownMutantError(f"no mutant or area '{name}'. Try: {', '.join(near or AREAS)}")
