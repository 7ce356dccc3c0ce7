"""Only the Sentinels lose sight of the primary; clients and replicas still reach it."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import FULL, LINKS, Scenario
from jsquared.scenario.usual_objectives import failover_objectives

SCENARIO = Scenario(
    name="sentinels-blind",
    title="Only the Sentinels cannot see the primary",
    description="Sentinel traffic from and to the primary's host is dropped; clients and replication are not affected.",
    why_fair="Shows the cost: the Sentinels must promote a replica, yet the old primary keeps acknowledging with "
    "the other replicas until those are reconfigured. Only acknowledgement by all replicas loses nothing here.",
    tags=("sentinels-blind", "partition", "split-brain", "one-host"),
    needs=LINKS,
    away=("primary",),
    suites=FULL,
    faults=lambda _: [fault("cut", "primary", id="blindness", links="sentinels", heal="3000 ms after recovery")],
    objectives=failover_objectives(
        "met if all replicas acknowledge; below that, writes that the old primary acknowledges meanwhile are lost"
    ),
    expected={"reference": "violated", "apart": "violated", "classic-2013": "violated"},
)
