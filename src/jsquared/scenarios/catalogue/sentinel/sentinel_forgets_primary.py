"""One Sentinel is told to forget the primary: it monitors nothing, and the others must not mind."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import ALERTS, FULL, Scenario
from jsquared.scenario.usual_objectives import steady_objectives

SCENARIO = Scenario(
    name="sentinel-forgets-primary",
    title="A Sentinel forgets the primary",
    description="SENTINEL REMOVE at one Sentinel under load; 5 s later it is started again with the file that names the primary.",
    why_fair="The others are a majority that still sees the primary, and clients may ask any of them.",
    tags=("sentinel", "operator", "one-host"),
    suites=(*FULL, *ALERTS),
    faults=lambda _: [fault("sentinel-remove", "sentinel:1", id="forgotten", lasts_ms=5000)],
    objectives=steady_objectives(
        nothing_lost="data nodes and replication are untouched", no_failover="the primary is healthy"
    ),
    fails_over=lambda _: False,
    expected={"reference": "pass"},
)
