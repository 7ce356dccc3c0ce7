"""A Sentinel's container is made anew without its state: one more is counted, and nothing else may happen."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, lost_writes, steady_limits
from jsquared.scenario.scenario import PROCESS, Scenario

SCENARIO = Scenario(
    name="sentinel-recreated",
    title="A Sentinel comes back with a new id",
    description="A Sentinel is killed and started from its original file without its state; then the others forget the old one.",
    why_fair="The others count the dead one too, so a failover would need more votes than before; but the primary is well, so "
    "nothing needs a vote. SENTINEL RESET at the others, one by one, puts the count right.",
    tags=("stale-sentinels-counted", "operator", "sentinel"),
    needs=PROCESS,
    away=(),
    faults=lambda _: [
        PlannedFault(
            id="recreation",
            name="sentinel-new-id",
            targets=("sentinel:1",),
            start="1500 ms after load",
            heal="500 ms after injection",
        )
    ],
    objectives=lambda situation: [
        lost_writes("no data node is touched"),
        *steady_limits(situation, "the primary is well"),
        convergence(),
    ],
    fails_over=lambda _: False,
    expected={"reference": "pass"},
)
