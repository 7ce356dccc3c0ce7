"""The primary has reached maxmemory and may evict nothing: it refuses writes until somebody makes room."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import ALERTS, FULL, Scenario
from jsquared.scenario.usual_objectives import steady_objectives
from jsquared.scenarios.conditions import needs_no_eviction

SCENARIO = Scenario(
    name="primary-memory-full",
    title="The primary's memory is full",
    description="maxmemory of the primary is set below what it uses for 4 s under load: it refuses every write with OOM.",
    why_fair="A refused write was never acknowledged, reads and PING are answered, and once there is room the primary "
    "takes writes at once; no Sentinel has a reason to act.",
    tags=("memory", "primary", "one-host"),
    suites=(*FULL, *ALERTS),
    faults=lambda _: [fault("memory-full", "primary", id="full", lasts_ms=4000)],
    objectives=steady_objectives(
        nothing_lost="refused writes are not acknowledged, and nothing is evicted",
        no_failover="the primary answers PING while it refuses writes",
    ),
    unsuited=needs_no_eviction,
    expected={"reference": "pass"},
)
