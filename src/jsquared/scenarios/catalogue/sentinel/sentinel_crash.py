"""A Sentinel crashes and comes back: clients must not feel it."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import ALERTS, STANDARD, Scenario
from jsquared.scenario.usual_objectives import steady_objectives

SCENARIO = Scenario(
    name="sentinel-crash",
    title="A Sentinel crashes",
    description="SIGKILL to one Sentinel under load; it is started again 3 s later with the state from its file.",
    why_fair="Sentinels carry no writes: data nodes and clients continue, and the majority remains.",
    tags=("crash", "sentinel", "one-host"),
    suites=(*STANDARD, *ALERTS),
    faults=lambda _: [fault("kill", "sentinel:1", id="crash", lasts_ms=3000)],
    objectives=steady_objectives(nothing_lost="no data node is touched", no_failover="the primary is healthy"),
    expected={"reference": "pass", "apart": "pass", "classic-2013": "pass"},
)
