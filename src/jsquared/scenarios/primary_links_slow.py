"""The links of the primary's host become slow and uneven: no reason to fail over."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, lost_writes, steady_limits
from jsquared.scenario.scenario import DELAY, Scenario

SCENARIO = Scenario(
    name="primary-links-slow",
    title="The primary's links are slow",
    description="Every packet from and to the primary's host takes 100 ms longer, 25 ms more or less, for 4 s: a round trip 200 ms.",
    why_fair="A round trip of 200 ms is far below any sound down-after-milliseconds: nobody may be called down, and service goes on, "
    "each acknowledgement as much later as the links are.",
    tags=("network", "latency", "one-host"),
    needs=DELAY,
    away=(),
    faults=lambda _: [
        PlannedFault(
            id="slow",
            name="delay",
            targets=("primary",),
            parameters={"delay_ms": 100, "jitter_ms": 25},
            start="1500 ms after load",
            heal="4000 ms after injection",
        )
    ],
    objectives=lambda situation: [
        lost_writes("the primary goes on with all it had"),
        *steady_limits(situation, "round trips of 200 ms are far below down-after-milliseconds"),
        convergence(),
    ],
    fails_over=lambda _: False,
    expected={"reference": "pass", "apart": "pass", "stock": "pass", "classic-2013": "pass"},
)
