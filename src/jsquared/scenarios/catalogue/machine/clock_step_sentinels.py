"""All Sentinels' clocks jump at once, then the primary crashes."""

from jsquared.scenario.limits import DEMOTION_LIMIT_MS, FAILOVER_LIMIT_MS, TILT_MS
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import FULL, Scenario
from jsquared.scenario.usual_objectives import failover_objectives
from jsquared.scenarios.machine_means import CLOCK, unshimmed

RIGHTED_MS = 1000 + DEMOTION_LIMIT_MS
"""The clocks are set right once the old primary is demoted: that is a jump too, with a TILT of its own."""

SCENARIO = Scenario(
    name="clock-step-sentinels",
    title="All Sentinels' clocks jump, then the primary crashes",
    description="The clocks of all Sentinels jump a minute ahead, as a wrong time server lets them, and the primary is killed.",
    why_fair="In TILT a Sentinel acts on nothing for 30 s; that is its design, so 30 s are granted on top of the 10 s. "
    "The clocks are set right, which is one more jump, only after the old primary has been demoted.",
    tags=("clock-step", "clock", "tilt", "crash"),
    needs=CLOCK,
    away=("primary",),
    suites=FULL,
    faults=lambda _: [
        fault(
            "clock-step",
            "sentinels",
            id="step",
            step_ms="60000",
            start="1500 ms after load",
            heal=f"{RIGHTED_MS} ms after recovery",
        ),
        fault("kill", "primary", id="crash", start="500 ms after step"),
    ],
    objectives=failover_objectives(
        "a clock decides nothing about data: what a promotable replica has stays",
        FAILOVER_LIMIT_MS + TILT_MS,
        "10 s after the Sentinels act again: their clocks jumped, so they keep still for the 30 s of TILT",
    ),
    extra_recovery_ms=TILT_MS,
    unsuited=unshimmed,
    expected={"reference": "pass"},
)
