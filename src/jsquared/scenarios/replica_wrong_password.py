"""A password is rotated in at a replica alone: Sentinels are refused there, and must not mind more than that."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, lost_writes, steady_limits
from jsquared.scenario.scenario import PROCESS, Scenario
from jsquared.scenario.situation import Situation
from jsquared.scenarios.shapes import needs_the_default_user


def _hold_ms(situation: Situation) -> int:
    """Long enough that the Sentinels call the replica down."""
    return situation.deployment.down_after_ms + 1_500


SCENARIO = Scenario(
    name="replica-wrong-password",
    title="A replica gets a password that nobody knows",
    description="A new requirepass is set at a replica and all connections are closed, until the Sentinels call it down.",
    why_fair="The replica goes on following its primary, whose password is the old one, and nobody writes to it; so only its "
    "eligibility for promotion is lost, for a while.",
    tags=("operator", "replica", "auth"),
    needs=PROCESS,
    away=("replica:1",),
    faults=lambda situation: [
        PlannedFault(
            id="rotation",
            name="change-password",
            targets=("replica:1",),
            start="1500 ms after load",
            heal=f"{_hold_ms(situation)} ms after injection",
        )
    ],
    objectives=lambda situation: [
        lost_writes("the primary has every write and never stops"),
        *steady_limits(situation, "the primary is well"),
        convergence(),
    ],
    fails_over=lambda _: False,
    unsuited=needs_the_default_user,
    expected={"reference": "pass"},
)
