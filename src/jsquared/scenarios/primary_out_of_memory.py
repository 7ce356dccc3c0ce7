"""The primary runs out of memory and ends itself."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, limits_with_full_copy, lost_writes
from jsquared.scenario.scenario import FULL, Scenario
from jsquared.scenarios.machine_means import MEMORY

SCENARIO = Scenario(
    name="primary-out-of-memory",
    title="The primary runs out of memory",
    description="The primary may not grow any more and is asked to hold one large value: it ends itself with 'Out Of Memory'; started "
    "again after the failover.",
    why_fair="To everybody else that is a crash of one node: a sound deployment must serve again in 10 s and, at the majority "
    "level, keep every acknowledged write.",
    tags=("memory", "crash", "one-host"),
    needs=MEMORY,
    away=("primary",),
    suites=FULL,
    faults=lambda _: [
        PlannedFault(
            id="memory",
            name="memory-limit",
            targets=("primary",),
            start="2000 ms after load",
            heal="1000 ms after recovery",
        )
    ],
    objectives=lambda situation: [
        lost_writes("a crash of one node leaves a promotable copy of every write acknowledged at the majority level"),
        *limits_with_full_copy(situation),
        convergence(),
    ],
    expected={"reference": "pass"},
)
