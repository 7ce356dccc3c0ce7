"""Replication is cut, clients go on writing, then the primary crashes: what was acknowledged in between?"""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, lost_writes, service_limits
from jsquared.scenario.scenario import LINKS, QUICK, Scenario

SCENARIO = Scenario(
    name="replication-cut-then-crash",
    title="Replication is cut, then the primary crashes",
    description="Only replication traffic is dropped; 1 s later the primary is killed, as when a host dies of its network first.",
    why_fair="During the cut no replica can acknowledge, so at the majority level nothing is acknowledged that only the primary "
    "has. A plain kill is no durability test: the kernel still delivers what the server had sent.",
    tags=("replication-cut-then-kill", "partition", "crash", "one-host"),
    needs=LINKS,
    away=("primary",),
    suites=QUICK,
    faults=lambda _: [
        PlannedFault(
            id="replication-cut",
            name="cut",
            targets=("primary",),
            parameters={"links": "replication"},
            start="2000 ms after load",
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
        lost_writes("what a replica has confirmed survives; what none has confirmed was not acknowledged"),
        *service_limits(situation),
        convergence(),
    ],
    expected={"reference": "pass", "apart": "pass", "stock": "violated", "classic-2013": "pass"},
)
