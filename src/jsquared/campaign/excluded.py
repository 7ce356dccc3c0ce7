"""The scenarios of a run without those that a team excludes for a while."""

from collections.abc import Sequence

from msgspec.structs import replace

from jsquared.errors import BadInputError
from jsquared.records.exclusions import Effect, Exclusion
from jsquared.scenario.scenario import Scenario


def without_excluded(
    chosen: Sequence[Scenario], exclusions: Sequence[Exclusion], *, are_named: bool
) -> tuple[list[Scenario], list[Exclusion]]:
    """Return the scenarios that are left, and the exclusions with what became of each.

    :param are_named: the scenarios were named one by one, which outranks an exclusion.
    :raises BadInputError: nothing is left.
    """
    names = {scenario.name for scenario in chosen}
    told = [replace(one, effect=_effect(one, names, are_named=are_named)) for one in exclusions]
    gone = {one.scenario for one in told if one.effect == "left-out"}
    left = [scenario for scenario in chosen if scenario.name not in gone]
    if not left:
        raise BadInputError(
            "every scenario of this run is excluded", where=told[0].where, hint="jsquared run with one of their names"
        )
    return left, told


def _effect(exclusion: Exclusion, names: set[str], *, are_named: bool) -> Effect:
    if exclusion.effect == "expired":
        return "expired"
    if exclusion.scenario not in names:
        return "not-in-suite"
    return "named" if are_named else "left-out"
