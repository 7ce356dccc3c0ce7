"""Every node is restarted in turn under load, as an upgrade does: replicas, Sentinels, then the primary."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, lost_writes, no_failover, write_gap
from jsquared.scenario.scenario import Scenario
from jsquared.scenario.situation import Situation
from jsquared.scenarios.in_turn import in_turn

STEP_MS = 2_000
"""From one restart to the next: a replica of a small data set has caught up by then."""


def _faults(situation: Situation) -> list[PlannedFault]:
    deployment = situation.deployment
    data = [node.name for node in deployment.replicas]
    names = [*data, *(node.name for node in deployment.sentinels), deployment.primary.name]
    return in_turn("restart", names, STEP_MS, STEP_MS * 3 // 4, gently=True)


SCENARIO = Scenario(
    name="rolling-restart",
    title="Every node is restarted in turn",
    description="Replicas, Sentinels and finally the primary are ended by SIGTERM and started again at once, one "
    "every 2 s, under load.",
    why_fair="Only one node is away at a time; it has saved its data, and is back sooner than down-after-milliseconds.",
    tags=("restart", "operator", "upgrade"),
    faults=_faults,
    objectives=lambda _: [
        lost_writes("the append-only file of every node holds its data"),
        no_failover("no node is away for down-after-milliseconds"),
        write_gap("each server is back at once; only loading and reconnecting take time"),
        convergence(),
    ],
    expected={"reference": "pass", "apart": "pass", "classic-2013": "pass"},
)
