"""An operator makes the primary follow one of its own replicas: no node takes writes until the Sentinels fail over."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import FULL, Scenario
from jsquared.scenario.usual_objectives import failover_objectives

SCENARIO = Scenario(
    name="primary-made-replica",
    title="The primary is manually made a replica",
    description="A manual REPLICAOF makes the primary follow its first replica; it is corrected once service is back.",
    why_fair="Shows the cost: a primary that reports itself as a replica is considered down only after "
    "down-after-milliseconds and two INFO periods of 10 s. SENTINEL FAILOVER is the right way to move a primary.",
    tags=("operator", "primary"),
    away=("primary",),
    suites=FULL,
    faults=lambda _: [
        fault("replicaof-by-hand", "primary", id="demotion-by-hand", of="replica:1", start="1500 ms after load")
    ],
    objectives=failover_objectives(
        "nothing is written while there is no primary, and the next primary has every acknowledged write"
    ),
    extra_recovery_ms=20_000,
    expected={"reference": "violated"},
)
