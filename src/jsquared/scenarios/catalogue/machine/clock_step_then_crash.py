"""One host's clock jumps by an hour, then the primary crashes."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import ALERTS, STANDARD, Scenario
from jsquared.scenario.usual_objectives import failover_objectives
from jsquared.scenarios.machine_means import CLOCK, needs_spare_sentinel, spare_host

SCENARIO = Scenario(
    name="clock-step-then-crash",
    title="One host's clock jumps, then the primary crashes",
    description="The clock of a Sentinel's host jumps an hour ahead, for its replica too; a second later the "
    "primary is killed.",
    why_fair="A Sentinel that sees its clock jump is in TILT for 30 s, but still votes; the others suffice to "
    "agree and to elect, so one bad clock must not break the limit of 10 s.",
    tags=("clock-step", "clock", "tilt", "crash", "one-host"),
    needs=CLOCK,
    away=("primary",),
    suites=(*STANDARD, *ALERTS),
    faults=lambda situation: [
        fault(
            "clock-step",
            spare_host(situation),
            id="step",
            step_ms="3600000",
            start="1500 ms after load",
            heal="1500 ms after recovery",
        ),
        fault("kill", "primary", id="crash", start="1000 ms after step"),
    ],
    objectives=failover_objectives("a clock does not affect data: a promotable replica keeps what it has"),
    unsuited=needs_spare_sentinel,
    expected={"reference": "pass"},
)
