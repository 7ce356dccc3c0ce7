"""A wrong password is rotated in at a replica: its primary lets it in no more."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario
from jsquared.scenario.usual_objectives import steady_objectives

SCENARIO = Scenario(
    name="replica-wrong-masterauth",
    title="A replica gets the wrong password for its primary",
    description="A wrong masterauth is set at a replica and its link closed; 3 s later it gets the right one back.",
    why_fair="The primary is untouched, and at the majority level the other replica acknowledges alone for a while.",
    tags=("operator", "replica", "auth"),
    away=("replica:1",),
    faults=lambda _: [
        fault(
            "change-password", "replica:1", id="rotation", what="masterauth", start="1500 ms after load", lasts_ms=3000
        )
    ],
    objectives=steady_objectives(
        nothing_lost="the primary has every write and never stops", no_failover="the primary is healthy"
    ),
    fails_over=lambda _: False,
    expected={"reference": "pass"},
)
