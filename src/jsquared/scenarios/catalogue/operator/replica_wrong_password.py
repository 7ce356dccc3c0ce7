"""A password is rotated in at a replica alone: Sentinels are refused there, and must not mind more than that."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario
from jsquared.scenario.situation import Situation
from jsquared.scenario.usual_objectives import steady_objectives
from jsquared.scenarios.conditions import needs_the_default_user


def _hold_ms(situation: Situation) -> int:
    """Long enough that the Sentinels call the replica down."""
    return situation.deployment.down_after_ms + 1_500


SCENARIO = Scenario(
    name="replica-wrong-password",
    title="A replica gets an unknown password",
    description="A new requirepass is set at a replica and all connections are closed, until the Sentinels "
    "consider it down.",
    why_fair="The replica keeps following its primary, whose password has not changed, and no client writes to it; "
    "so it only loses its eligibility for promotion, for a while.",
    tags=("operator", "replica", "auth"),
    away=("replica:1",),
    faults=lambda situation: [
        fault("change-password", "replica:1", id="rotation", start="1500 ms after load", lasts_ms=_hold_ms(situation))
    ],
    objectives=steady_objectives(
        nothing_lost="the primary has every write and never stops", no_failover="the primary is healthy"
    ),
    fails_over=lambda _: False,
    unsuited=needs_the_default_user,
    expected={"reference": "pass"},
)
