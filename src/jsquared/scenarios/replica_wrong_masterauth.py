"""A wrong password is rotated in at a replica: its primary lets it in no more."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, lost_writes, steady_limits
from jsquared.scenario.scenario import PROCESS, Scenario

SCENARIO = Scenario(
    name="replica-wrong-masterauth",
    title="A replica gets the wrong password for its primary",
    description="A wrong masterauth is set at a replica and its link closed; 3 s later it gets the right one back.",
    why_fair="The primary is untouched, and at the majority level the other replica acknowledges alone for a while.",
    tags=("operator", "replica", "auth"),
    needs=PROCESS,
    away=("replica:1",),
    faults=lambda _: [
        PlannedFault(
            id="rotation",
            name="change-password",
            targets=("replica:1",),
            parameters={"what": "masterauth"},
            start="1500 ms after load",
            heal="3000 ms after injection",
        )
    ],
    objectives=lambda situation: [
        lost_writes("the primary has every write and never stops"),
        *steady_limits(situation, "the primary is well"),
        convergence(),
    ],
    fails_over=lambda _: False,
    expected={"reference": "pass"},
)
