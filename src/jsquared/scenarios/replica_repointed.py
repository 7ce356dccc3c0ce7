"""An operator points a replica at another replica: a chain that nobody planned."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, lost_writes, steady_limits
from jsquared.scenario.scenario import PROCESS, Scenario
from jsquared.scenarios.shapes import needs_two_replicas

SCENARIO = Scenario(
    name="replica-repointed",
    title="A replica is pointed at another replica",
    description="REPLICAOF by hand makes the first replica follow the second one under load; 3 s later it is put right by hand.",
    why_fair="The primary is untouched, the chained replica still gets every write, and the other one acknowledges at the majority "
    "level.",
    tags=("operator", "replica"),
    needs=PROCESS,
    away=("replica:1",),
    faults=lambda _: [
        PlannedFault(
            id="repointing",
            name="replicaof-by-hand",
            targets=("replica:1",),
            parameters={"of": "replica:2"},
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
    unsuited=needs_two_replicas,
    expected={"reference": "pass"},
)
