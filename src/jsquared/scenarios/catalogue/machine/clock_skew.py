"""The clocks of the primary's host run a fifth too fast."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import FULL, Scenario
from jsquared.scenario.situation import Situation
from jsquared.scenario.usual_objectives import steady_objectives
from jsquared.scenarios.machine_means import CLOCK, unshimmed


def _host(situation: Situation) -> str:
    return f"host:{situation.deployment.primary.host}"


SCENARIO = Scenario(
    name="clock-skew",
    title="A host's clock runs fast",
    description="The clocks of the primary's host, and of a Sentinel on it, run 20 % fast for five seconds.",
    why_fair="A fifth is far less than the margin between a late answer and down-after-milliseconds: no failover "
    "is allowed, and no single tick of a Sentinel is 2 s long, so none may go into TILT before the clock is "
    "corrected.",
    tags=("clock-step", "clock", "one-host"),
    needs=CLOCK,
    suites=FULL,
    faults=lambda situation: [
        fault("clock-skew", _host(situation), id="skew", rate_ppm="200000", start="1500 ms after load", lasts_ms=5000)
    ],
    objectives=steady_objectives(
        nothing_lost="a clock does not affect data", no_failover="every answer arrives in time by every clock"
    ),
    unsuited=unshimmed,
    expected={"reference": "pass"},
)
