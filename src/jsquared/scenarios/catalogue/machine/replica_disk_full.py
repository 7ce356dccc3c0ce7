"""A replica's disk is full."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario
from jsquared.scenario.usual_objectives import steady_objectives
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
    faults=lambda _: [fault("disk-full", "replica:1", id="full", lasts_ms=3000)],
    objectives=steady_objectives(
        nothing_lost="the primary and the other replicas keep what was acknowledged",
        no_failover="the primary has nothing to do with a replica's disk",
    ),
    unsuited=without_aof,
    expected={"reference": "pass"},
)
