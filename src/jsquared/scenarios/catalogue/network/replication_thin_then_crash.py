"""Replication gets less bandwidth than the writes need, falls behind, then the primary crashes."""

from jsquared.scenario.limits import service_limits_after_other_faults
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import DELAY, Scenario
from jsquared.scenario.usual_objectives import failover_objectives

SCENARIO = Scenario(
    name="replication-thin-then-crash",
    title="Replication falls behind, then the primary crashes",
    description="Replication from the primary gets 200 kbit/s a replica, less than the writes need; 2 s later the "
    "primary is killed.",
    why_fair="At the majority level a write counts once a replica has it, so a replica that falls behind delays "
    "acknowledgements but loses none; below that level, all writes still in flight are lost.",
    tags=("network", "bandwidth", "crash", "one-host"),
    needs=DELAY,
    away=("primary",),
    faults=lambda _: [
        fault(
            "bandwidth",
            "primary",
            id="thin",
            rate_kbit=200,
            links="replication",
            direction="outbound",
            start="1500 ms after load",
            heal="500 ms after recovery",
        ),
        fault("kill", "primary", id="crash", start="2000 ms after thin"),
    ],
    objectives=failover_objectives(
        "writes that a replica has confirmed survive; writes that none has confirmed were not acknowledged",
        limits=service_limits_after_other_faults,
    ),
    expected={"reference": "pass", "apart": "pass", "stock": "violated", "classic-2013": "pass"},
)
