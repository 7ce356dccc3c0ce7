"""A quorum above the number of Sentinels: nobody can ever agree that the primary is down."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, lost_writes, service_limits
from jsquared.scenario.scenario import FULL, PROCESS, Scenario

SCENARIO = Scenario(
    name="quorum-too-high",
    title="A quorum that cannot be reached",
    description="An operator sets the quorum to one more than there are Sentinels; then the primary crashes.",
    why_fair="Asked to show the cost: Sentinel accepts any number, and the failover that is asked for after a crash never comes. "
    "SENTINEL CKQUORUM says so beforehand.",
    tags=("wrong-quorum", "operator", "crash"),
    needs=PROCESS,
    away=("primary",),
    suites=FULL,
    faults=lambda situation: [
        PlannedFault(
            id="quorum",
            name="set-quorum",
            targets=("sentinels",),
            parameters={"quorum": len(situation.deployment.sentinels) + 1},
            start="1500 ms after load",
            heal="5000 ms after recovery",  # once the Sentinels see the primary again: else they depose it then
        ),
        PlannedFault(
            id="crash",
            name="kill",
            targets=("primary",),
            start="500 ms after quorum",
            heal="500 ms after recovery",
        ),
    ],
    objectives=lambda situation: [
        lost_writes("the primary comes back with what its persistence kept"),
        *service_limits(situation),
        convergence(),
    ],
    expected={"reference": "violated"},
)
