"""A replica crashes and comes back: nobody but replication should notice."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, lost_writes, steady_limits
from jsquared.scenario.scenario import PROCESS, Scenario

SCENARIO = Scenario(
    name="replica-crash",
    title="A replica crashes",
    description="SIGKILL to a replica under load; it is started again 5 s later and must catch up.",
    why_fair="The primary is untouched. At the majority level the other replica acknowledges alone for a while.",
    tags=("crash", "replica", "one-host"),
    needs=PROCESS,
    away=("replica:1",),
    faults=lambda _: [
        PlannedFault(
            id="crash", name="kill", targets=("replica:1",), start="2000 ms after load", heal="5000 ms after injection"
        )
    ],
    objectives=lambda situation: [
        lost_writes("the primary has every write and never stops"),
        *steady_limits(situation, "the primary is well"),
        convergence(),
    ],
    fails_over=lambda _: False,
    expected={"reference": "pass", "apart": "pass", "classic-2013": "pass"},
)
