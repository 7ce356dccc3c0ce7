"""Two thousand clients connect to the primary at once and stay."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario
from jsquared.scenario.usual_objectives import steady_objectives

COUNT = 2_000

SCENARIO = Scenario(
    name="connection-storm",
    title="A storm of connections",
    description="Two thousand connections are opened to the primary at once and held for 3 s, as clients without a "
    "pool do.",
    why_fair="They send nothing and are far fewer than the default of maxclients, so Sentinels and writing clients "
    "must not notice them.",
    tags=("overload", "client", "one-host"),
    faults=lambda _: [fault("connection-storm", "primary", id="storm", count=COUNT, lasts_ms=3000)],
    objectives=steady_objectives(nothing_lost="no data node is touched", no_failover="the primary keeps answering"),
    expected={"reference": "pass"},
)
