"""The primary's disk is full, so it cannot append to its AOF."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, limits_with_full_copy, lost_writes
from jsquared.scenario.scenario import Scenario
from jsquared.scenarios.machine_means import DISK, without_aof

SCENARIO = Scenario(
    name="primary-disk-full",
    title="The primary's disk is full",
    description="No space is left for the primary's AOF under load; there is space again after the failover.",
    why_fair="A primary that cannot append answers writes and PING with MISCONF, which Sentinels do not accept as a sign of life: "
    "after down-after-milliseconds they must fail over to a replica with space, within the 10 s.",
    tags=("aof-disk-full", "disk", "one-host"),
    needs=DISK,
    away=("primary",),
    faults=lambda _: [
        PlannedFault(
            id="full",
            name="disk-full",
            targets=("primary",),
            start="2000 ms after load",
            heal="1000 ms after recovery",
        )
    ],
    objectives=lambda situation: [
        lost_writes(
            "what was acknowledged at this level is on a promotable replica; what cannot be appended is refused"
        ),
        *limits_with_full_copy(situation),
        convergence(),
    ],
    unsuited=without_aof,
    expected={"reference": "pass"},
)
