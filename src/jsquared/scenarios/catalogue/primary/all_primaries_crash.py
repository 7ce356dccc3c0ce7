"""Every primary that the Sentinels monitor crashes at once: each election bids for epochs that the others use too."""

from collections.abc import Sequence

from jsquared.deployment.model.spec import Deployment
from jsquared.records.plan import Engine, PlannedObjective
from jsquared.scenario.limits import FAILOVER_LIMIT_MS, convergence, lost_writes, service_limits
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario
from jsquared.scenario.situation import Situation
from jsquared.scenarios.zone import EXTRA_RECOVERY_MS, LONGEST_RETRY_MS

REASON = (
    "10 s beyond twice failover-timeout: the elections of several primaries share one epoch, so one can outbid "
    "another, whose leader tries again after that time"
)


def _unsuited(deployment: Deployment, _: Engine) -> str:
    if len(deployment.monitored) < 2:
        return "its Sentinels monitor one primary, and this takes two"
    alone = [name for name in deployment.master_names if not deployment.about(name).replicas]
    return f"{', '.join(alone)} has no replica that could be promoted" if alone else ""


def _objectives(situation: Situation) -> Sequence[PlannedObjective]:
    retry_ms = 2 * max(one.failover_timeout_ms for one in situation.deployment.monitored)
    granted = retry_ms <= LONGEST_RETRY_MS
    limit_ms = FAILOVER_LIMIT_MS + (retry_ms if granted else 0)
    reason = REASON if granted else "the replicas of each primary remain, and no Sentinel is touched"
    return [
        lost_writes("a crash leaves a promotable copy of every write acknowledged at the majority level"),
        *service_limits(situation, limit_ms, reason),
        PlannedObjective(name="all_failed_over", limit=limit_ms, unit="ms", reason=reason),
        convergence(),
    ]


SCENARIO = Scenario(
    name="all-primaries-crash",
    title="Every monitored primary crashes at once",
    description="SIGKILL to every primary that the Sentinels monitor, at once; all are started again once each has "
    "been replaced.",
    why_fair="The replicas of each primary remain, and no Sentinel is touched, so each primary must be replaced "
    "automatically. Clients write to one of them; the others' failovers are read from the Sentinels' own events.",
    tags=("many-primaries-die", "crash", "several-primaries"),
    away=("primary",),
    faults=lambda _: [fault("kill", "primaries", id="crashes")],
    objectives=_objectives,
    extra_recovery_ms=EXTRA_RECOVERY_MS,
    unsuited=_unsuited,
    expected={"two-primaries": "pass"},
)
