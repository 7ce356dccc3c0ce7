"""The replica with the better priority lacks the newest writes, and is promoted all the same."""

from jsquared.scenario.limits import service_limits_after_other_faults
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import FULL, LINKS, Scenario
from jsquared.scenario.usual_objectives import failover_objectives
from jsquared.scenarios.conditions import needs_two_replicas

SCENARIO = Scenario(
    name="priority-beats-data",
    title="Priority beats data",
    description="A replica is made the favourite by replica-priority, cut from the primary for 1 s, then the "
    "primary crashes.",
    why_fair="Shows the cost: Sentinel compares priorities before offsets, so the favourite wins although another "
    "replica has all acknowledged writes. Equal priorities, or acknowledgement by all replicas, lose nothing here.",
    tags=("priority-beats-data", "operator", "partition", "crash"),
    needs=LINKS,
    away=("primary",),
    suites=FULL,
    faults=lambda _: [
        fault(
            "set-priority",
            "replica:1",
            id="favourite",
            priority=50,
            start="1500 ms after load",
            heal="3000 ms after recovery",
        ),
        fault(
            "cut",
            "replica:1",
            id="replication-cut",
            links="replication",
            against="primary",
            start="11500 ms after favourite",
        ),
        fault("kill", "primary", id="crash", start="1000 ms after replication-cut", heal="1500 ms after recovery"),
    ],
    objectives=failover_objectives(
        "another replica has all acknowledged writes, but the favourite is promoted",
        limits=service_limits_after_other_faults,
    ),
    unsuited=needs_two_replicas("needs a second replica, with the writes that the favourite lacks; there is one"),
    expected={"reference": "violated"},
)
