"""The primary hangs: connections stay open, nobody answers; later it goes on with its old view of the world."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, lost_writes, service_limits
from jsquared.scenario.scenario import PROCESS, QUICK, Scenario

SCENARIO = Scenario(
    name="primary-hang",
    title="The primary hangs",
    description="SIGSTOP to the primary under load, SIGCONT once writes have come back elsewhere.",
    why_fair="To the others a hang looks like a crash that breaks no connection, so the same is asked as of a crash. The "
    "woken primary believes in itself until it is demoted, which honest clients survive: they asked the Sentinels.",
    tags=("primary-hang", "hang", "one-host"),
    needs=PROCESS,
    away=("primary",),
    suites=QUICK,
    faults=lambda _: [
        PlannedFault(
            id="hang", name="pause", targets=("primary",), start="2000 ms after load", heal="1000 ms after recovery"
        )
    ],
    objectives=lambda situation: [
        lost_writes("a hung node acknowledges nothing, and what it had acknowledged is on a promotable replica"),
        *service_limits(situation),
        convergence(),
    ],
    expected={"reference": "pass", "apart": "pass", "stock": "violated", "classic-2013": "pass"},
)
