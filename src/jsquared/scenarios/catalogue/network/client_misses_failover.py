"""A client is cut off while the primary changes: when it returns, its old primary is none."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import LINKS, Scenario
from jsquared.scenario.usual_objectives import failover_objectives

SCENARIO = Scenario(
    name="client-misses-failover",
    title="A client misses the failover",
    description="A client is cut off from everything, the primary crashes, and the client returns once another "
    "primary serves.",
    why_fair="The others are served again within 10 s. The client that was away does not know of the change: it "
    "must find the new primary by asking the Sentinels again, within 10 s of its return.",
    tags=("missed-switch-master", "client", "partition", "crash"),
    needs=LINKS,
    away=("primary", "client:1"),
    cut_off=("client:1",),
    faults=lambda _: [
        fault("cut", "client:1", id="client-cut", heal="2000 ms after recovery"),
        fault("kill", "primary", id="crash", start="500 ms after client-cut", heal="2000 ms after recovery"),
    ],
    objectives=failover_objectives(
        "a crash leaves a promotable copy of every write acknowledged at the majority level"
    ),
    expected={"reference": "pass", "apart": "pass", "classic-2013": "violated"},
)
