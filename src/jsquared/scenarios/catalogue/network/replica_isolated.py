"""One replica's host is cut off, with its Sentinel: the minority must change nothing."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import ALERTS, LINKS, STANDARD, Scenario
from jsquared.scenario.situation import Situation
from jsquared.scenario.usual_objectives import steady_objectives


def _hold_ms(situation: Situation) -> int:
    """Long enough that the Sentinel in there calls everybody else down."""
    return situation.deployment.down_after_ms + 3_000


SCENARIO = Scenario(
    name="replica-isolated",
    title="A replica is cut off from everything",
    description="Every packet from and to one replica's host is dropped until its Sentinel considers the primary "
    "down, then healed.",
    why_fair="One Sentinel of three can neither reach agreement nor be elected, so its opinion must have no "
    "effect, and the other replica acknowledges at the majority level.",
    tags=("partition", "replica", "one-host"),
    needs=LINKS,
    away=("replica:1",),
    cut_off=("replica:1",),
    suites=(*STANDARD, *ALERTS),
    faults=lambda situation: [fault("cut", "replica:1", id="isolation", lasts_ms=_hold_ms(situation))],
    objectives=steady_objectives(
        nothing_lost="the primary and the majority stay together",
        no_failover="a minority of the Sentinels must not fail over",
    ),
    fails_over=lambda _: False,
    expected={"reference": "pass", "apart": "pass", "classic-2013": "pass"},
)
