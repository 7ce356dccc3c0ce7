"""Every Sentinel is restarted in turn under load, and the primary crashes when the last one is back."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, lost_writes, service_limits
from jsquared.scenario.scenario import PROCESS, Scenario
from jsquared.scenario.situation import Situation
from jsquared.scenarios.in_turn import one_after_another

STEP_MS = 1_000
"""From one restart to the next: a Sentinel has read its file and is connected to everybody by then."""


def _faults(situation: Situation) -> list[PlannedFault]:
    names = [node.name for node in situation.deployment.sentinels]
    restarts = [
        PlannedFault(
            id=f"restart-{name}",
            name="restart",
            targets=(name,),
            start=one_after_another("restart", names, number, STEP_MS),
            heal=f"{STEP_MS * 3 // 4} ms after injection",
        )
        for number, name in enumerate(names)
    ]
    crash = PlannedFault(
        id="crash",
        name="kill",
        targets=("primary",),
        start=f"{2 * STEP_MS} ms after restart-{names[-1]}",
        heal="500 ms after recovery",
    )
    return [*restarts, crash]


SCENARIO = Scenario(
    name="sentinels-rolling-restart",
    title="Every Sentinel is restarted, then the primary crashes",
    description="The Sentinels are killed and started again in turn, one a second; the primary crashes 2 s after the last one.",
    why_fair="A Sentinel keeps its id, the others, the replicas and the epoch in its file, so one that was restarted is as good as "
    "before once it has reached everybody.",
    tags=("restart", "operator", "sentinel", "crash"),
    needs=PROCESS,
    away=("primary",),
    faults=_faults,
    objectives=lambda situation: [
        lost_writes("a crash of one node leaves a promotable copy of every write acknowledged at the majority level"),
        *[limit for limit in service_limits(situation) if limit.name != "failover"],  # counted from the first fault
        convergence(),
    ],
    expected={"reference": "pass"},
)
