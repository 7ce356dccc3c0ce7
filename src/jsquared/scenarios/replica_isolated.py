"""One replica's host is cut off, with its Sentinel: the minority must change nothing."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, lost_writes, steady_limits
from jsquared.scenario.scenario import LINKS, Scenario
from jsquared.scenario.situation import Situation


def _hold_ms(situation: Situation) -> int:
    """Long enough that the Sentinel in there calls everybody else down."""
    return situation.deployment.down_after_ms + 3_000


SCENARIO = Scenario(
    name="replica-isolated",
    title="A replica is cut off from everything",
    description="Every packet from and to one replica's host is dropped until its Sentinel calls the primary down, then healed.",
    why_fair="One Sentinel of three can neither agree with others nor be elected, so its opinion must change nothing, and the "
    "other replica acknowledges at the majority level.",
    tags=("partition", "replica", "one-host"),
    needs=LINKS,
    away=("replica:1",),
    cut_off=("replica:1",),
    faults=lambda situation: [
        PlannedFault(
            id="isolation",
            name="cut",
            targets=("replica:1",),
            start="2000 ms after load",
            heal=f"{_hold_ms(situation)} ms after injection",
        )
    ],
    objectives=lambda situation: [
        lost_writes("the primary and the majority stay together"),
        *steady_limits(situation, "a minority of the Sentinels must not fail over"),
        convergence(),
    ],
    fails_over=lambda _: False,
    expected={"reference": "pass", "apart": "pass", "classic-2013": "pass"},
)
