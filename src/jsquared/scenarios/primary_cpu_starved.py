"""The primary gets a fifth of the processor time that it wants."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, lost_writes, steady_limits
from jsquared.scenario.scenario import Scenario
from jsquared.scenarios.machine_means import CPU, impatient

PERCENT, PERIOD_MS = 80, 100

SCENARIO = Scenario(
    name="primary-cpu-starved",
    title="The primary is short of processor time",
    description="The primary runs for 20 ms of every 100 ms under load, for five seconds, as on an overcommitted host.",
    why_fair="It answers ten times a second, far more often than down-after-milliseconds asks: nobody may fail over, and no client "
    "may wait for 10 s.",
    tags=("cpu", "slow", "one-host"),
    needs=CPU,
    away=(),
    faults=lambda _: [
        PlannedFault(
            id="starve",
            name="cpu-starve",
            targets=("primary",),
            parameters={"percent": PERCENT, "period_ms": PERIOD_MS},
            start="1500 ms after load",
            heal="5000 ms after injection",
        )
    ],
    objectives=lambda situation: [
        lost_writes("a slow server forgets nothing"),
        *steady_limits(situation, "the primary answers all the time, only later"),
        convergence(),
    ],
    unsuited=lambda deployment, _: impatient(deployment, PERIOD_MS),
    expected={"reference": "pass"},
)
