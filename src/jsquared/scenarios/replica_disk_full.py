"""A replica's disk is full."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, lost_writes, steady_limits
from jsquared.scenario.scenario import Scenario
from jsquared.scenarios.machine_means import DISK, without_aof

SCENARIO = Scenario(
    name="replica-disk-full",
    title="A replica's disk is full",
    description="No space is left for the AOF of a replica under load, for three seconds; one that ends over it is started again.",
    why_fair="A replica that cannot append ends itself (replica-ignore-disk-write-errors is no) or goes on without its disk; either "
    "way the primary serves on, and where the other replicas are enough to acknowledge nobody may notice.",
    tags=("aof-disk-full", "disk", "one-host"),
    needs=DISK,
    away=("replica:1",),
    faults=lambda _: [
        PlannedFault(
            id="full",
            name="disk-full",
            targets=("replica:1",),
            start="2000 ms after load",
            heal="3000 ms after injection",
        )
    ],
    objectives=lambda situation: [
        lost_writes("the primary and the other replicas keep what was acknowledged"),
        *steady_limits(situation, "the primary has nothing to do with a replica's disk"),
        convergence(),
    ],
    unsuited=without_aof,
    expected={"reference": "pass"},
)
