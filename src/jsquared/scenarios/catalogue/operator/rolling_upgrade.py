"""Every node is upgraded to another version of the engine under load: replicas, Sentinels, and the primary after a failover."""

from jsquared.records.plan import PlannedFault, PlannedObjective
from jsquared.scenario.limits import DEMOTION_LIMIT_MS, convergence, lost_writes, resume_limits, write_gap
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario
from jsquared.scenario.situation import Situation
from jsquared.scenarios.in_turn import in_turn, one_after_another

STEP_MS = 1_000
"""From one upgrade to the next: a replica of a small data set has caught up by then."""
AWAY_MS = 3_000
"""How long the old primary stays away beyond down-after-milliseconds: the failover is over by then."""


def _faults(situation: Situation) -> list[PlannedFault]:
    deployment = situation.deployment
    first = [*(node.name for node in deployment.replicas), *(node.name for node in deployment.sentinels)]
    away_ms = deployment.down_after_ms + AWAY_MS
    steps = in_turn("upgrade", first, STEP_MS, STEP_MS * 3 // 4)
    last = fault(
        "upgrade",
        deployment.primary.name,
        id=f"upgrade-{deployment.primary.name}",
        down_ms=away_ms,
        start=one_after_another("upgrade", first, len(first), STEP_MS),
        lasts_ms=away_ms + 500,
    )
    return [*steps, last]


def _service(situation: Situation) -> list[PlannedObjective]:
    if situation.acknowledges_by_itself:
        return [write_gap("the longest is the failover when the primary is shut down")]
    return resume_limits(
        situation.clients,
        DEMOTION_LIMIT_MS,
        "this level needs the old primary as a replica, once it is back and demoted",
    )


SCENARIO = Scenario(
    name="rolling-upgrade",
    title="Every node is upgraded in turn",
    description="Replicas, Sentinels and finally the primary are shut down and started as another version under load; "
    "the primary stays away until an upgraded replica has taken over.",
    why_fair="Only one node is away at a time, newer replicas can read an older primary's data, and the last step "
    "is a failover like any other. SENTINEL FAILOVER instead would lose the writes that the old primary "
    "acknowledges meanwhile.",
    tags=("operator", "upgrade", "restart"),
    away=("primary",),
    engines=("auto",),
    faults=_faults,
    objectives=lambda situation: [
        lost_writes("a server that shuts down cleanly has passed its writes to its replicas"),
        *_service(situation),
        convergence(),
    ],
    expected={"reference": "pass"},
)
