"""The primary's clock jumps by an hour and back, under load."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario
from jsquared.scenario.usual_objectives import steady_objectives
from jsquared.scenarios.machine_means import CLOCK, unshimmed

SCENARIO = Scenario(
    name="clock-step-primary",
    title="The primary's clock jumps",
    description="The clock of the primary alone jumps an hour ahead under load, and back after three seconds.",
    why_fair="Sentinels measure with their own clocks, so no failover is allowed. The primary may consider its "
    "replicas silent (repl-timeout) and drop them; they return within seconds by a partial resynchronisation.",
    tags=("clock-step", "clock", "one-host"),
    needs=CLOCK,
    faults=lambda _: [fault("clock-step", "primary", id="step", step_ms="3600000", lasts_ms=3000)],
    objectives=steady_objectives(
        nothing_lost="a clock does not affect data",
        no_failover="the primary keeps answering; only its clock is wrong",
    ),
    unsuited=unshimmed,
    expected={"reference": "pass"},
)
