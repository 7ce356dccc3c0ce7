"""A Sentinel's container is re-created without its state: one more is counted, and nothing else may happen."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario
from jsquared.scenario.usual_objectives import steady_objectives

SCENARIO = Scenario(
    name="sentinel-recreated",
    title="A Sentinel returns with a new id",
    description="A Sentinel is killed and started from its original file without its state; then the others forget "
    "the old one.",
    why_fair="The others count the dead one too, so a failover would need more votes than before; but the primary "
    "is healthy, so no vote is needed. SENTINEL RESET at the others, one by one, corrects the count.",
    tags=("stale-sentinels-counted", "operator", "sentinel"),
    faults=lambda _: [
        fault("sentinel-new-id", "sentinel:1", id="recreation", start="1500 ms after load", lasts_ms=500)
    ],
    objectives=steady_objectives(nothing_lost="no data node is touched", no_failover="the primary is healthy"),
    expected={"reference": "pass"},
)
