"""An operator makes a replica a primary of its own, and the Sentinels put it right."""

from jsquared.records.plan import PlannedFault
from jsquared.scenarios.scenario import PROCESS, Scenario, convergence, lost_writes, steady_limits

SCENARIO = Scenario(
    name="replica-of-no-one",
    title="A replica is made a primary by hand",
    description="REPLICAOF NO ONE at a replica under load; nobody undoes it, since the Sentinels should (+convert-to-slave).",
    why_fair="Clients ask the Sentinels, who go on naming the true primary, so nothing is written to the false one. A Sentinel looks "
    "every 10 s and corrects what has been so for 8 s when it looks again, so within about 20 s.",
    tags=("operator", "replica"),
    needs=PROCESS,
    away=("replica:1",),
    faults=lambda _: [
        PlannedFault(
            id="promotion-by-hand",
            name="replicaof-by-hand",
            targets=("replica:1",),
            parameters={"left_to_sentinels": True},
            start="1000 ms after load",
            heal="1000 ms after injection",
        )
    ],
    objectives=lambda situation: [
        lost_writes("nobody writes to the false primary, and the true one never stops"),
        *steady_limits(situation, "the primary is well"),
        convergence(),
    ],
    fails_over=lambda _: False,
    expected={"reference": "pass"},
)
