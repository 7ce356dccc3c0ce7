"""Only the Sentinels lose sight of the primary; clients and replicas still reach it."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, lost_writes, service_limits
from jsquared.scenario.scenario import FULL, LINKS, Scenario

SCENARIO = Scenario(
    name="sentinels-blind",
    title="Only the Sentinels cannot see the primary",
    description="Sentinel traffic from and to the primary's host is dropped; clients and replication go on as if nothing was.",
    why_fair="Asked to show the cost: the Sentinels must promote a replica, yet the old primary goes on acknowledging with the "
    "other replicas until those are told. Only acknowledgement by all replicas loses nothing here.",
    tags=("sentinels-blind", "partition", "split-brain", "one-host"),
    needs=LINKS,
    away=("primary",),
    suites=FULL,
    faults=lambda _: [
        PlannedFault(
            id="blindness",
            name="cut",
            targets=("primary",),
            parameters={"links": "sentinels"},
            start="2000 ms after load",
            heal="3000 ms after recovery",
        )
    ],
    objectives=lambda situation: [
        lost_writes(
            "held by acknowledgement of all replicas; below it, what the old primary acknowledges meanwhile is lost"
        ),
        *service_limits(situation),
        convergence(),
    ],
    expected={"reference": "violated", "apart": "violated", "classic-2013": "violated"},
)
