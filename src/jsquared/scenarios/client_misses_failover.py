"""A client is cut off while the primary changes: when it returns, its old primary is none."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, lost_writes, service_limits
from jsquared.scenario.scenario import LINKS, Scenario

SCENARIO = Scenario(
    name="client-misses-failover",
    title="A client misses the failover",
    description="A client is cut off from everything, the primary crashes, and the client returns when another primary serves.",
    why_fair="The others are served again in 10 s. The client that was away has heard of no change: it must find the new primary "
    "by asking the Sentinels again, within 10 s of its return.",
    tags=("missed-switch-master", "client", "partition", "crash"),
    needs=LINKS,
    away=("primary", "client:1"),
    cut_off=("client:1",),
    faults=lambda _: [
        PlannedFault(
            id="client-cut",
            name="cut",
            targets=("client:1",),
            start="2000 ms after load",
            heal="2000 ms after recovery",
        ),
        PlannedFault(
            id="crash",
            name="kill",
            targets=("primary",),
            start="500 ms after client-cut",
            heal="2000 ms after recovery",
        ),
    ],
    objectives=lambda situation: [
        lost_writes("a crash leaves a promotable copy of every write acknowledged at the majority level"),
        *service_limits(situation),
        convergence(),
    ],
    expected={"reference": "pass", "apart": "pass", "classic-2013": "violated"},
)
