"""A team's own limits in the place of the usual ones."""

import pytest

from jsquared.records.plan import PlannedObjective
from jsquared.scenario.limits import convergence, failover, lost_writes, no_failover
from jsquared.scenario.team_rules import OwnLimit, with_own_limits


def own(objective: str, limit: int, reason: str = "") -> OwnLimit:
    """A team's limit."""
    return OwnLimit(objective=objective, limit=limit, reason=reason, where="jsquared.toml:5")


def changed(objective: PlannedObjective, limit: OwnLimit) -> PlannedObjective:
    """An objective under a team's limit."""
    [found] = with_own_limits([objective], [limit])
    return found


@pytest.mark.parametrize(
    ("standard", "team", "limit"),
    [
        (10_000, 5_000, 5_000),
        (40_000, 5_000, 35_000),
        (6_750, 5_000, 5_000),
        (6_750, 8_000, 6_750),
        (40_000, 12_000, 42_000),
    ],
)
def test_what_a_scenario_grants_beyond_the_usual_stays_granted(standard: int, team: int, limit: int) -> None:
    """30 s of TILT are added to 5 s as they were to 10 s; a scenario that allows less than usual is never made laxer."""
    found = changed(failover("why", standard), own("failover", team))
    assert found.limit == limit


def test_a_stricter_limit_says_who_set_it() -> None:
    """It keeps the scenario's limit and reason, and is not laxer."""
    found = changed(failover("fair"), own("failover", 5_000))
    assert (found.standard_limit, found.set_by, found.reason, found.is_laxer) == (
        10_000,
        "jsquared.toml:5",
        "fair",
        False,
    )


def test_a_laxer_limit_has_the_reason_of_the_team() -> None:
    """It is told as laxer, with the team's reason in the place of the scenario's."""
    found = changed(lost_writes("none"), own("lost_writes", 3, "a cache"))
    assert (found.limit, found.standard_limit, found.reason, found.is_laxer) == (3, 0, "a cache", True)


def test_the_usual_limit_and_other_objectives_change_nothing() -> None:
    """What the team asks for anyway, and what it says nothing of, stays as the scenario has it."""
    objectives = (failover("fair"), no_failover("why"), convergence())
    assert with_own_limits(objectives, [own("failover", 10_000)]) == objectives
    assert with_own_limits(objectives, []) == objectives
