"""A replica's disk is full."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario
from jsquared.scenario.usual_objectives import steady_objectives
from jsquared.scenarios.machine_means import DISK, without_aof

SCENARIO = Scenario(
    name="replica-disk-full",
    title="A replica's disk is full",
    description="No space is left for the AOF of a replica under load, for three seconds; if the replica ends "
    "because of this, it is started again.",
    why_fair="A replica that cannot append ends itself (replica-ignore-disk-write-errors is no) or goes on without "
    "its disk; either way the primary keeps serving, and where the other replicas suffice to acknowledge, clients "
    "must not notice.",
    tags=("aof-disk-full", "disk", "one-host"),
    needs=DISK,
    away=("replica:1",),
    faults=lambda _: [fault("disk-full", "replica:1", id="full", lasts_ms=3000)],
    objectives=steady_objectives(
        nothing_lost="the primary and the other replicas keep every acknowledged write",
        no_failover="a replica's disk does not affect the primary",
    ),
    unsuited=without_aof,
    expected={"reference": "pass"},
)
