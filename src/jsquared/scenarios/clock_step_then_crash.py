"""One host's clock jumps by an hour, then the primary crashes."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, lost_writes, service_limits
from jsquared.scenario.scenario import Scenario
from jsquared.scenarios.machine_means import CLOCK, needs_spare_sentinel, spare_host

SCENARIO = Scenario(
    name="clock-step-then-crash",
    title="One host's clock jumps, then the primary crashes",
    description="The clock of a Sentinel's host jumps an hour ahead, for its replica too; a second later the primary is killed.",
    why_fair="A Sentinel that sees its clock jump is in TILT for 30 s, but votes; the others are enough to agree and to elect, so "
    "one bad clock must not cost the 10 s.",
    tags=("clock-step", "clock", "tilt", "crash", "one-host"),
    needs=CLOCK,
    away=("primary",),
    faults=lambda situation: [
        PlannedFault(
            id="step",
            name="clock-step",
            targets=(spare_host(situation),),
            parameters={"step_ms": "3600000"},
            start="1500 ms after load",
            heal="1500 ms after recovery",
        ),
        PlannedFault(
            id="crash", name="kill", targets=("primary",), start="1000 ms after step", heal="1000 ms after recovery"
        ),
    ],
    objectives=lambda situation: [
        lost_writes("a clock decides nothing about data: what a promotable replica has stays"),
        *service_limits(situation),
        convergence(),
    ],
    unsuited=needs_spare_sentinel,
    expected={"reference": "pass"},
)
