"""All Sentinels' clocks jump at once, then the primary crashes."""

from jsquared.scenario.limits import DEMOTION_LIMIT_MS, FAILOVER_LIMIT_MS, TILT_MS
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import FULL, Scenario
from jsquared.scenario.usual_objectives import failover_objectives
from jsquared.scenarios.machine_means import CLOCK, unshimmed

RIGHTED_MS = 1000 + DEMOTION_LIMIT_MS
"""The clocks are corrected once the old primary is demoted: that is a jump too, with another TILT."""

SCENARIO = Scenario(
    name="clock-step-sentinels",
    title="All Sentinels' clocks jump, then the primary crashes",
    description="The clocks of all Sentinels jump a minute ahead, as with a faulty time server, and the primary is "
    "killed.",
    why_fair="In TILT a Sentinel takes no action for 30 s; this is by design, so the limit is 10 s plus 30 s. "
    "The clocks are corrected, which is another jump, only after the old primary has been demoted.",
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
        "a clock does not affect data: a promotable replica keeps what it has",
        FAILOVER_LIMIT_MS + TILT_MS,
        "10 s after the Sentinels act again: their clocks jumped, so they take no action for the 30 s of TILT",
    ),
    extra_recovery_ms=TILT_MS,
    unsuited=unshimmed,
    expected={"reference": "pass"},
)
