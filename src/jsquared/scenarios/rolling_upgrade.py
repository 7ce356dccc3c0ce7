"""Every node is upgraded to another version of the engine under load: replicas, Sentinels, and the primary after a failover."""

from jsquared.records.plan import PlannedFault, PlannedObjective
from jsquared.scenario.limits import DEMOTION_LIMIT_MS, FAILOVER_LIMIT_MS, convergence, lost_writes, resume_limits
from jsquared.scenario.scenario import PROCESS, Scenario
from jsquared.scenario.situation import Situation
from jsquared.scenarios.in_turn import one_after_another

STEP_MS = 1_000
"""From one upgrade to the next: a replica of a small data set has caught up by then."""
AWAY_MS = 3_000
"""How long the old primary stays away beyond down-after-milliseconds: the failover is over by then."""


def _faults(situation: Situation) -> list[PlannedFault]:
    deployment = situation.deployment
    first = [*(node.name for node in deployment.replicas), *(node.name for node in deployment.sentinels)]
    away_ms = deployment.down_after_ms + AWAY_MS
    steps = [
        PlannedFault(
            id=f"upgrade-{name}",
            name="upgrade",
            targets=(name,),
            start=one_after_another("upgrade", first, number, STEP_MS),
            heal=f"{STEP_MS * 3 // 4} ms after injection",
        )
        for number, name in enumerate(first)
    ]
    last = PlannedFault(
        id=f"upgrade-{deployment.primary.name}",
        name="upgrade",
        targets=(deployment.primary.name,),
        parameters={"down_ms": away_ms},
        start=one_after_another("upgrade", first, len(first), STEP_MS),
        heal=f"{away_ms + 500} ms after injection",
    )
    return [*steps, last]


def _service(situation: Situation) -> list[PlannedObjective]:
    if situation.acknowledges_by_itself:
        reason = "the longest is the failover when the primary is shut down"
        return [PlannedObjective(name="write_gap", limit=FAILOVER_LIMIT_MS, unit="ms", reason=reason)]
    clients = tuple(client.name for client in situation.deployment.clients)
    return resume_limits(
        clients, DEMOTION_LIMIT_MS, "this level needs the old primary as a replica, once it is back and demoted"
    )


SCENARIO = Scenario(
    name="rolling-upgrade",
    title="Every node is upgraded in turn",
    description="Replicas, Sentinels and at last the primary are shut down and started as another version under load; "
    "the primary stays away until a replica that is upgraded has taken over.",
    why_fair="One node is away at a time, newer replicas read what an older primary writes, and the last step is a failover like any "
    "other. SENTINEL FAILOVER instead would lose what the old primary acknowledges meanwhile.",
    tags=("operator", "upgrade", "restart"),
    needs=PROCESS,
    away=("primary",),
    engines=("auto",),
    faults=_faults,
    objectives=lambda situation: [
        lost_writes("a server that is shut down in good order has handed its writes to its replicas"),
        *_service(situation),
        convergence(),
    ],
    expected={"reference": "pass"},
)
