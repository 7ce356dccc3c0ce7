"""The primary crashes and comes back after the failover."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, lost_writes, service_limits
from jsquared.scenario.scenario import PROCESS, QUICK, Scenario

SCENARIO = Scenario(
    name="primary-crash",
    title="The primary crashes",
    description="SIGKILL to the primary under load; it is started again once writes have come back.",
    why_fair="One crash leaves the Sentinels' majority and all but one data node: a sound deployment must serve again in 10 s "
    "and, at the majority level, keep every acknowledged write.",
    tags=("primary-crash", "crash", "one-host"),
    needs=PROCESS,
    away=("primary",),
    suites=QUICK,
    faults=lambda _: [
        PlannedFault(
            id="crash", name="kill", targets=("primary",), start="2000 ms after load", heal="1000 ms after recovery"
        )
    ],
    objectives=lambda situation: [
        lost_writes("a crash of one node leaves a promotable copy of every write acknowledged at the majority level"),
        *service_limits(situation),
        convergence(),
    ],
    expected={"reference": "pass", "apart": "pass", "stock": "violated", "classic-2013": "pass"},
)
