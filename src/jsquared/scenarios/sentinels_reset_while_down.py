"""The primary is down and an operator resets the Sentinels, which forget the replicas that they could have promoted."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, lost_writes, service_limits
from jsquared.scenario.scenario import FULL, PROCESS, Scenario

SCENARIO = Scenario(
    name="sentinels-reset-while-down",
    title="The Sentinels are reset while the primary is down",
    description="The primary crashes, and before the Sentinels have agreed on it all of them are reset; it returns much later.",
    why_fair="Asked to show the cost: replicas are learnt from the primary alone, by an INFO every 10 s, so Sentinels that forgot them "
    "while it is down, or shortly before, know nobody to promote for as long as it stays down. Never reset them all at once.",
    tags=("operator", "sentinel", "crash"),
    needs=PROCESS,
    away=("primary",),
    suites=FULL,
    faults=lambda _: [
        PlannedFault(
            id="crash",
            name="kill",
            targets=("primary",),
            start="2000 ms after load",
            heal="500 ms after recovery",
        ),
        PlannedFault(
            id="reset",
            name="sentinel-reset",
            targets=("sentinels",),
            start="500 ms after crash",
            heal="1000 ms after recovery",
        ),
    ],
    objectives=lambda situation: [
        lost_writes("the primary comes back with what its persistence kept"),
        *service_limits(situation),
        convergence(),
    ],
    expected={"reference": "violated"},
)
