"""The replica with the better priority lacks the newest writes, and is promoted all the same."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, lost_writes, service_limits
from jsquared.scenario.scenario import FULL, LINKS, Scenario

SCENARIO = Scenario(
    name="priority-beats-data",
    title="Priority beats data",
    description="A replica is made the favourite by replica-priority, cut from the primary for 1 s, then the primary crashes.",
    why_fair="Asked to show the cost: Sentinel looks at priorities before offsets, so the favourite wins although another replica "
    "has what was acknowledged. Equal priorities, or acknowledgement by all replicas, lose nothing here.",
    tags=("priority-beats-data", "operator", "partition", "crash"),
    needs=LINKS,
    away=("primary",),
    suites=FULL,
    faults=lambda _: [
        PlannedFault(
            id="favourite",
            name="set-priority",
            targets=("replica:1",),
            parameters={"priority": 50},
            start="1500 ms after load",
            heal="3000 ms after recovery",
        ),
        PlannedFault(
            id="replication-cut",
            name="cut",
            targets=("replica:1",),
            parameters={"links": "replication", "against": "primary"},
            start="11500 ms after favourite",
            heal="1000 ms after recovery",
        ),
        PlannedFault(
            id="crash",
            name="kill",
            targets=("primary",),
            start="1000 ms after replication-cut",
            heal="1500 ms after recovery",
        ),
    ],
    objectives=lambda situation: [
        lost_writes("another replica has what was acknowledged; promoted is the favourite"),
        *[limit for limit in service_limits(situation) if limit.name != "failover"],  # counted from the first fault
        convergence(),
    ],
    unsuited=lambda deployment, _: (
        ""
        if deployment.replica_count > 1
        else "needs a second replica, which has what the favourite lacks; there is one"
    ),
    expected={"reference": "violated"},
)
