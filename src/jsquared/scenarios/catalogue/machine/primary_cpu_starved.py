"""The primary gets a fifth of the processor time that it wants."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario
from jsquared.scenario.usual_objectives import steady_objectives
from jsquared.scenarios.machine_means import CPU, impatient

PERCENT, PERIOD_MS = 80, 100

SCENARIO = Scenario(
    name="primary-cpu-starved",
    title="The primary is short of processor time",
    description="The primary runs for 20 ms of every 100 ms under load, for five seconds, as on an overcommitted host.",
    why_fair="It answers ten times a second, far more often than down-after-milliseconds requires: no failover is "
    "allowed, and no client may wait for 10 s.",
    tags=("cpu", "slow", "one-host"),
    needs=CPU,
    faults=lambda _: [
        fault(
            "cpu-starve",
            "primary",
            id="starve",
            percent=PERCENT,
            period_ms=PERIOD_MS,
            start="1500 ms after load",
            lasts_ms=5000,
        )
    ],
    objectives=steady_objectives(
        nothing_lost="a slow server loses no data", no_failover="the primary keeps answering, only later"
    ),
    unsuited=lambda deployment, _: impatient(deployment, PERIOD_MS),
    expected={"reference": "pass"},
)
