"""Replication is cut, clients go on writing, then the primary crashes: what was acknowledged in between?"""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import LINKS, QUICK, Scenario
from jsquared.scenario.usual_objectives import failover_objectives

SCENARIO = Scenario(
    name="replication-cut-then-crash",
    title="Replication is cut, then the primary crashes",
    description="Only replication traffic is dropped; 1 s later the primary is killed, as when a host dies of its "
    "network first.",
    why_fair="During the cut no replica can acknowledge, so at the majority level no write that only the primary "
    "has is acknowledged. A plain kill does not test durability: the kernel still delivers everything that the "
    "server had sent.",
    tags=("replication-cut-then-kill", "partition", "crash", "one-host"),
    needs=LINKS,
    away=("primary",),
    suites=QUICK,
    faults=lambda _: [
        fault("cut", "primary", id="replication-cut", links="replication"),
        fault("kill", "primary", id="crash", start="1000 ms after replication-cut", heal="1500 ms after recovery"),
    ],
    objectives=failover_objectives(
        "writes that a replica has confirmed survive; writes that none has confirmed were not acknowledged"
    ),
    expected={"reference": "pass", "apart": "pass", "stock": "violated", "classic-2013": "pass"},
)
