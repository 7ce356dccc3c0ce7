"""The links of the primary's host become slow and uneven: no reason to fail over."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import DELAY, Scenario
from jsquared.scenario.usual_objectives import steady_objectives

SCENARIO = Scenario(
    name="primary-links-slow",
    title="The primary's links are slow",
    description="Every packet from and to the primary's host takes 100 ms longer, 25 ms more or less, for 4 s: a "
    "round trip 200 ms.",
    why_fair="A round trip of 200 ms is far below any sound down-after-milliseconds: no node may be considered "
    "down, and service continues, with each acknowledgement delayed as much as the links are.",
    tags=("network", "latency", "one-host"),
    needs=DELAY,
    faults=lambda _: [
        fault("delay", "primary", id="slow", delay_ms=100, jitter_ms=25, start="1500 ms after load", lasts_ms=4000)
    ],
    objectives=steady_objectives(
        nothing_lost="the primary continues with all its data",
        no_failover="round trips of 200 ms are far below down-after-milliseconds",
    ),
    expected={"reference": "pass", "apart": "pass", "stock": "pass", "classic-2013": "pass"},
)
