"""Replication links are closed again and again: replicas must come back each time, from the backlog."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import ALERTS, FULL, Scenario
from jsquared.scenario.usual_objectives import steady_objectives

SCENARIO = Scenario(
    name="replication-flapping",
    title="Replication links flap",
    description="The primary's connections from its replicas are closed each second for 8 s under load.",
    why_fair="The primary is healthy, and replicas that reconnect continue from its backlog; a write that waits for one "
    "is acknowledged a moment later.",
    tags=("connections", "replica", "one-host"),
    suites=(*FULL, *ALERTS),
    faults=lambda _: [
        fault("reset-connections", "primary", id="flapping", clients="replica", every_ms=1000, lasts_ms=8000)
    ],
    objectives=steady_objectives(
        nothing_lost="the primary never stops, and keeps what it has",
        no_failover="the primary answers everyone",
    ),
    expected={"reference": "pass"},
)
