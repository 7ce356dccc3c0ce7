"""A Sentinel crashes and comes back: clients must not feel it."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, lost_writes, steady_limits
from jsquared.scenario.scenario import PROCESS, Scenario

SCENARIO = Scenario(
    name="sentinel-crash",
    title="A Sentinel crashes",
    description="SIGKILL to one Sentinel under load; it is started again 3 s later with the state that its file kept.",
    why_fair="Sentinels carry no writes: data nodes and clients go on, and the majority is still there.",
    tags=("crash", "sentinel", "one-host"),
    needs=PROCESS,
    away=(),
    faults=lambda _: [
        PlannedFault(
            id="crash", name="kill", targets=("sentinel:1",), start="2000 ms after load", heal="3000 ms after injection"
        )
    ],
    objectives=lambda situation: [
        lost_writes("no data node is touched"),
        *steady_limits(situation, "the primary is well"),
        convergence(),
    ],
    fails_over=lambda _: False,
    expected={"reference": "pass", "apart": "pass", "classic-2013": "pass"},
)
