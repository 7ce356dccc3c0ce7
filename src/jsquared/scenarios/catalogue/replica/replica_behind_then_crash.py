"""One replica is behind on purpose when the primary crashes: the other one must be promoted."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import LINKS, Scenario
from jsquared.scenario.usual_objectives import failover_objectives
from jsquared.scenarios.conditions import needs_two_replicas

SCENARIO = Scenario(
    name="replica-behind-then-crash",
    title="One replica is behind, then the primary crashes",
    description="The first replica is cut from replication for 2 s, then the primary is killed; the others have "
    "the writes that it lacks.",
    why_fair="At the majority level a replica that is not cut off confirms each write, and Sentinel promotes the "
    "replica with the most data, so nothing is lost.",
    tags=("crash", "replica", "selection", "one-host"),
    needs=LINKS,
    away=("primary",),
    faults=lambda situation: [
        fault(
            "cut", situation.deployment.replicas[0].name, id="behind", links="replication", heal="500 ms after crash"
        ),
        fault("kill", "primary", id="crash", start="2000 ms after behind", heal="1500 ms after recovery"),
    ],
    objectives=failover_objectives("the replica with the most data has every confirmed write"),
    unsuited=needs_two_replicas("needs two replicas: one that is behind, and one that is not"),
    expected={"reference": "pass"},
)
