"""The clocks of the primary's host run a fifth too fast."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, lost_writes, steady_limits
from jsquared.scenario.scenario import FULL, Scenario
from jsquared.scenario.situation import Situation
from jsquared.scenarios.machine_means import CLOCK, unshimmed


def _host(situation: Situation) -> str:
    return f"host:{situation.deployment.primary.host}"


SCENARIO = Scenario(
    name="clock-skew",
    title="A host's clock runs fast",
    description="The clocks of the primary's host, and of a Sentinel on it, run 20 % fast for five seconds.",
    why_fair="A fifth is far less than what separates a late answer from down-after-milliseconds: nobody may fail over, and no "
    "single tick of a Sentinel is 2 s long, so none may go into TILT before the clock is set right.",
    tags=("clock-step", "clock", "one-host"),
    needs=CLOCK,
    away=(),
    suites=FULL,
    faults=lambda situation: [
        PlannedFault(
            id="skew",
            name="clock-skew",
            targets=(_host(situation),),
            parameters={"rate_ppm": "200000"},
            start="1500 ms after load",
            heal="5000 ms after injection",
        )
    ],
    objectives=lambda situation: [
        lost_writes("a clock decides nothing about data"),
        *steady_limits(situation, "every answer comes in time on every clock"),
        convergence(),
    ],
    unsuited=unshimmed,
    expected={"reference": "pass"},
)
