"""The primary hangs and stays hung: a client that waits for its answer must give up by itself."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, lost_writes, service_limits
from jsquared.scenario.scenario import PROCESS, Scenario

SCENARIO = Scenario(
    name="client-hangs",
    title="Clients wait for a primary that never answers",
    description="SIGSTOP to the primary, which closes no connection and answers nobody until long after the failover.",
    why_fair="Clients that give a connection up which has been silent for their timeout (here 1 s) are served by the new primary in 10 s. "
    "One without a timeout waits until the old primary is killed or wakes, however fast the failover was.",
    tags=("client-hangs", "hang", "client", "one-host"),
    needs=PROCESS,
    away=("primary",),
    faults=lambda _: [
        PlannedFault(
            id="hang", name="pause", targets=("primary",), start="2000 ms after load", heal="2500 ms after recovery"
        )
    ],
    objectives=lambda situation: [
        lost_writes("a hung node acknowledges nothing, and what it had acknowledged is on a promotable replica"),
        *service_limits(situation),
        convergence(),
    ],
    expected={"reference": "pass"},
)
