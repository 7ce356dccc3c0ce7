"""Replication gets less bandwidth than the writes need, falls behind, then the primary crashes."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, lost_writes, service_limits
from jsquared.scenario.scenario import DELAY, Scenario

SCENARIO = Scenario(
    name="replication-thin-then-crash",
    title="Replication falls behind, then the primary crashes",
    description="Replication from the primary gets 200 kbit/s a replica, less than the writes need; 2 s later the primary is killed.",
    why_fair="At the majority level a write counts once a replica has it, so a replica that falls behind slows acknowledgements down "
    "and loses none; below that level, all that was still on its way is lost.",
    tags=("network", "bandwidth", "crash", "one-host"),
    needs=DELAY,
    away=("primary",),
    faults=lambda _: [
        PlannedFault(
            id="thin",
            name="bandwidth",
            targets=("primary",),
            parameters={"rate_kbit": 200, "links": "replication", "direction": "outbound"},
            start="1500 ms after load",
            heal="500 ms after recovery",
        ),
        PlannedFault(
            id="crash", name="kill", targets=("primary",), start="2000 ms after thin", heal="1000 ms after recovery"
        ),
    ],
    objectives=lambda situation: [
        lost_writes("what a replica has confirmed survives; what none has confirmed was not acknowledged"),
        *[limit for limit in service_limits(situation) if limit.name != "failover"],  # counted from the first fault
        convergence(),
    ],
    expected={"reference": "pass", "apart": "pass", "stock": "violated", "classic-2013": "pass"},
)
