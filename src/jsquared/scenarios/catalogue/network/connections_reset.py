"""Every connection to the primary is closed, again and again: clients, replicas and Sentinels must all come back."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario
from jsquared.scenario.usual_objectives import steady_objectives

SCENARIO = Scenario(
    name="connections-reset",
    title="All connections to the primary are reset",
    description="Every connection to the primary is closed each second for 3 s under load, as a restarting proxy "
    "or firewall does.",
    why_fair="The primary is healthy and serves every client that reconnects: Sentinels at their next ping, "
    "replicas from the backlog. A write whose connection broke is unknown to its client, never acknowledged.",
    tags=("connections", "client", "one-host"),
    faults=lambda _: [fault("reset-connections", "primary", id="resets", every_ms=1000, lasts_ms=3500)],
    objectives=steady_objectives(
        nothing_lost="the primary never stops, and keeps what it has",
        no_failover="the primary answers every client that reconnects",
    ),
    expected={"reference": "pass"},
)
