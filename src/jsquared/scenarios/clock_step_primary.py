"""The primary's clock jumps by an hour and back, under load."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, lost_writes, steady_limits
from jsquared.scenario.scenario import Scenario
from jsquared.scenarios.machine_means import CLOCK, unshimmed

SCENARIO = Scenario(
    name="clock-step-primary",
    title="The primary's clock jumps",
    description="The clock of the primary alone jumps an hour ahead under load, and back after three seconds.",
    why_fair="Sentinels measure with their own clocks, so nobody may fail over. The primary may take its replicas for silent "
    "(repl-timeout) and drop them; they are back within seconds by a partial resynchronisation.",
    tags=("clock-step", "clock", "one-host"),
    needs=CLOCK,
    away=(),
    faults=lambda _: [
        PlannedFault(
            id="step",
            name="clock-step",
            targets=("primary",),
            parameters={"step_ms": "3600000"},
            start="2000 ms after load",
            heal="3000 ms after injection",
        )
    ],
    objectives=lambda situation: [
        lost_writes("a clock decides nothing about data"),
        *steady_limits(situation, "the primary answers all the time, only its clock is wrong"),
        convergence(),
    ],
    unsuited=unshimmed,
    expected={"reference": "pass"},
)
