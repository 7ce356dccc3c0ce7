"""An operator points a replica at another replica: an unplanned chain."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario
from jsquared.scenario.usual_objectives import steady_objectives
from jsquared.scenarios.conditions import needs_two_replicas

SCENARIO = Scenario(
    name="replica-repointed",
    title="A replica is pointed at another replica",
    description="A manual REPLICAOF makes the first replica follow the second one under load; 3 s later it is "
    "manually corrected.",
    why_fair="The primary is untouched, the chained replica still gets every write, and the other one acknowledges "
    "at the majority level.",
    tags=("operator", "replica"),
    away=("replica:1",),
    faults=lambda _: [
        fault(
            "replicaof-by-hand", "replica:1", id="repointing", of="replica:2", start="1500 ms after load", lasts_ms=3000
        )
    ],
    objectives=steady_objectives(
        nothing_lost="the primary has every write and never stops", no_failover="the primary is healthy"
    ),
    fails_over=lambda _: False,
    unsuited=needs_two_replicas("a replica can follow another one only if there are two"),
    expected={"reference": "pass"},
)
