"""An operator makes the primary follow one of its own replicas: nobody takes writes until the Sentinels give up on it."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, lost_writes, service_limits
from jsquared.scenario.scenario import FULL, PROCESS, Scenario

SCENARIO = Scenario(
    name="primary-made-replica",
    title="The primary is made a replica by hand",
    description="REPLICAOF by hand makes the primary follow its first replica; it is put right once service is back.",
    why_fair="Asked to show the cost: a primary that calls itself a replica is called down only after down-after-milliseconds and two "
    "INFO periods of 10 s. SENTINEL FAILOVER is the way to move a primary.",
    tags=("operator", "primary"),
    needs=PROCESS,
    away=("primary",),
    suites=FULL,
    faults=lambda _: [
        PlannedFault(
            id="demotion-by-hand",
            name="replicaof-by-hand",
            targets=("primary",),
            parameters={"of": "replica:1"},
            start="1500 ms after load",
            heal="1000 ms after recovery",
        )
    ],
    objectives=lambda situation: [
        lost_writes("nothing is written while nobody is primary, and whoever becomes it has what was acknowledged"),
        *service_limits(situation),
        convergence(),
    ],
    extra_recovery_ms=20_000,
    expected={"reference": "violated"},
)
