"""The primary's disk is full, so it cannot append to its AOF."""

from jsquared.scenario.limits import limits_with_full_copy
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario
from jsquared.scenario.usual_objectives import failover_objectives
from jsquared.scenarios.machine_means import DISK, without_aof

SCENARIO = Scenario(
    name="primary-disk-full",
    title="The primary's disk is full",
    description="No space is left for the primary's AOF under load; there is space again after the failover.",
    why_fair="A primary that cannot append answers writes and PING with MISCONF, which Sentinels do not accept as "
    "a sign of life: after down-after-milliseconds they must fail over to a replica with free space, within the 10 "
    "s.",
    tags=("aof-disk-full", "disk", "one-host"),
    needs=DISK,
    away=("primary",),
    faults=lambda _: [fault("disk-full", "primary", id="full")],
    objectives=failover_objectives(
        "every write acknowledged at this level is on a promotable replica; writes that cannot be appended are refused",
        limits=limits_with_full_copy,
    ),
    unsuited=without_aof,
    expected={"reference": "pass"},
)
