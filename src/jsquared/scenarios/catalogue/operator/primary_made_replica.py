"""An operator makes the primary follow one of its own replicas: nobody takes writes until the Sentinels give up on it."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import FULL, Scenario
from jsquared.scenario.usual_objectives import failover_objectives

SCENARIO = Scenario(
    name="primary-made-replica",
    title="The primary is made a replica by hand",
    description="REPLICAOF by hand makes the primary follow its first replica; it is put right once service is back.",
    why_fair="Asked to show the cost: a primary that calls itself a replica is called down only after down-after-milliseconds and two "
    "INFO periods of 10 s. SENTINEL FAILOVER is the way to move a primary.",
    tags=("operator", "primary"),
    away=("primary",),
    suites=FULL,
    faults=lambda _: [
        fault("replicaof-by-hand", "primary", id="demotion-by-hand", of="replica:1", start="1500 ms after load")
    ],
    objectives=failover_objectives(
        "nothing is written while nobody is primary, and whoever becomes it has what was acknowledged"
    ),
    extra_recovery_ms=20_000,
    expected={"reference": "violated"},
)
