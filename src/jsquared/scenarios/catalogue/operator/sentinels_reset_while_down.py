"""The primary is down and an operator resets the Sentinels, which forget the replicas that they could have promoted."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import FULL, Scenario
from jsquared.scenario.usual_objectives import failover_objectives

SCENARIO = Scenario(
    name="sentinels-reset-while-down",
    title="The Sentinels are reset while the primary is down",
    description="The primary crashes, and all Sentinels are reset before they agree that it is down; it returns "
    "much later.",
    why_fair="Shows the cost: Sentinels learn of replicas only from the primary, by an INFO every 10 s, so "
    "Sentinels that forgot them while it is down, or shortly before, have no replica to promote for as long as it "
    "stays down. Never reset them all at once.",
    tags=("operator", "sentinel", "crash"),
    away=("primary",),
    suites=FULL,
    faults=lambda _: [
        fault("kill", "primary", id="crash", heal="500 ms after recovery"),
        fault("sentinel-reset", "sentinels", id="reset", start="500 ms after crash"),
    ],
    objectives=failover_objectives("the primary returns with the data that its persistence kept"),
    expected={"reference": "violated"},
)
