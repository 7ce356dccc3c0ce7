"""Every node is restarted in turn under load, as an upgrade does: replicas, Sentinels, then the primary."""

from jsquared.records.plan import PlannedFault, PlannedObjective
from jsquared.scenario.limits import FAILOVER_LIMIT_MS, convergence, lost_writes, no_failover
from jsquared.scenario.scenario import PROCESS, Scenario
from jsquared.scenario.situation import Situation
from jsquared.scenarios.in_turn import one_after_another

STEP_MS = 2_000
"""From one restart to the next: a replica of a small data set has caught up by then."""


def _faults(situation: Situation) -> list[PlannedFault]:
    deployment = situation.deployment
    data = [node.name for node in deployment.replicas]
    names = [*data, *(node.name for node in deployment.sentinels), deployment.primary.name]
    return [
        PlannedFault(
            id=f"restart-{name}",
            name="restart",
            targets=(name,),
            parameters={"gently": True},
            start=one_after_another("restart", names, number, STEP_MS),
            heal=f"{STEP_MS * 3 // 4} ms after injection",
        )
        for number, name in enumerate(names)
    ]


SCENARIO = Scenario(
    name="rolling-restart",
    title="Every node is restarted in turn",
    description="Replicas, Sentinels and at last the primary are ended by SIGTERM and started again at once, one every 2 s, under load.",
    why_fair="One node is away at a time, has written what it had, and is back sooner than down-after-milliseconds.",
    tags=("restart", "operator", "upgrade"),
    needs=PROCESS,
    away=(),
    faults=_faults,
    objectives=lambda _: [
        lost_writes("the append-only file of every node holds what it had"),
        no_failover("no node is away for down-after-milliseconds"),
        PlannedObjective(
            name="write_gap",
            limit=FAILOVER_LIMIT_MS,
            unit="ms",
            reason="each server is back at once; loading and reconnecting are all that takes time",
        ),
        convergence(),
    ],
    fails_over=lambda _: False,
    expected={"reference": "pass", "apart": "pass", "classic-2013": "pass"},
)
