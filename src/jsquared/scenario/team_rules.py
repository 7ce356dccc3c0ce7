"""A team's own rules for its runs: limits, suites, and scenarios that it excludes for a while.

A team's limit takes the place of the usual one (``USUAL_LIMITS``). A scenario that grants more time than usual, such as 30 s of TILT,
goes on granting as much more: what was fair to add stays so. One that allows less than usual is never made laxer.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from jsquared.records.exclusions import Exclusion
from jsquared.records.plan import PlannedObjective
from jsquared.scenario.limits import USUAL_LIMITS


@dataclass(frozen=True, kw_only=True)
class OwnLimit:
    """A limit that a team asks for; ``where`` is its file and line. ``reason`` may be empty where it is stricter than usual."""

    objective: str
    limit: int
    reason: str
    where: str


@dataclass(frozen=True, kw_only=True)
class TeamRules:
    """All rules of a team; those of a team without settings are none."""

    limits: Sequence[OwnLimit] = ()
    suites: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Names to scenarios and scenario files."""
    exclusions: Sequence[Exclusion] = ()


def with_own_limits(objectives: Iterable[PlannedObjective], limits: Iterable[OwnLimit]) -> tuple[PlannedObjective, ...]:
    """Return the objectives of a scenario with a team's limits in the place of the usual ones."""
    own = {one.objective: one for one in limits}
    return tuple(_changed(each, own[each.name]) if each.name in own else each for each in objectives)


def _changed(objective: PlannedObjective, own: OwnLimit) -> PlannedObjective:
    limit = _limit(objective.limit, USUAL_LIMITS[own.objective], own.limit)
    if limit == objective.limit:
        return objective
    return replace(
        objective,
        limit=limit,
        standard_limit=objective.limit,
        set_by=own.where,
        reason=own.reason or objective.reason,
    )


def _limit(standard: float, usual: float, own: float) -> float:
    return own + standard - usual if standard >= usual else min(own, standard)
