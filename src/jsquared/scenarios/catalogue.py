"""The catalogue of scenarios and the suites made of them."""

import difflib
from collections.abc import Sequence

from jsquared.errors import BadInputError
from jsquared.scenarios import (
    primary_and_replica_isolated,
    primary_crash,
    primary_hang,
    primary_isolated,
    primary_isolated_with_client,
    primary_restart_fast,
    replication_cut_then_crash,
    sentinels_paused_then_crash,
)
from jsquared.scenarios.scenario import Scenario

SCENARIOS: dict[str, Scenario] = {
    module.SCENARIO.name: module.SCENARIO
    for module in (
        primary_crash,
        primary_hang,
        primary_isolated,
        primary_isolated_with_client,
        primary_and_replica_isolated,
        replication_cut_then_crash,
        sentinels_paused_then_crash,
        primary_restart_fast,
    )
}
SUITES = ("quick", "standard", "full")


def scenario_named(name: str) -> Scenario:
    """The scenario of that name.

    :raises BadInputError: there is none; the nearest names are suggested.
    """
    try:
        return SCENARIOS[name]
    except KeyError:
        near = difflib.get_close_matches(name, SCENARIOS, n=2) or list(SCENARIOS)
        raise BadInputError("no such scenario", where=f"scenario '{name}'", try_=", ".join(near)) from None


def suite_named(name: str) -> Sequence[Scenario]:
    """The scenarios of a suite: ``quick`` takes under a minute; ``standard`` and ``full`` hold all of them.

    :raises BadInputError: there is no such suite.
    """
    if name not in SUITES:
        raise BadInputError("no such suite", where=f"--suite {name}", try_=", ".join(SUITES))
    return [scenario for scenario in SCENARIOS.values() if name in scenario.suites]
