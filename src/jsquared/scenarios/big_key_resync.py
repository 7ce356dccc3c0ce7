"""A replica copies everything again, with one very large key in it, while clients go on writing."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, lost_writes, steady_limits
from jsquared.scenario.scenario import PROCESS, Scenario

SIZE_MB = 16

SCENARIO = Scenario(
    name="big-key-resync",
    title="A replica copies a very large key under load",
    description="A key of 16 MB is written, and a replica must copy the whole data set from the primary while clients write.",
    why_fair="The primary forks once and sends what it has; it serves on meanwhile, the other replica acknowledges, and nobody is "
    "silent for anything near down-after-milliseconds.",
    tags=("resync", "big-key", "replica", "one-host"),
    needs=PROCESS,
    away=("replica:1",),
    faults=lambda _: [
        PlannedFault(
            id="resync",
            name="big-key-resync",
            targets=("replica:1",),
            parameters={"size_mb": SIZE_MB},
            start="2000 ms after load",
            heal="3000 ms after injection",
        )
    ],
    objectives=lambda situation: [
        lost_writes("the primary has every write and never stops"),
        *steady_limits(situation, "the primary is well"),
        convergence(),
    ],
    fails_over=lambda _: False,
    expected={"reference": "pass"},
)
