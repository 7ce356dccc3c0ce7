"""Replicas have copied everything anew; then all hosts lose their power, and one of the replicas must serve what its disk holds."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import FAILOVER_LIMIT_MS, service_limits_after_other_faults
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario
from jsquared.scenario.situation import Situation
from jsquared.scenario.usual_objectives import failover_objectives
from jsquared.scenarios.in_turn import in_turn

DARK_MS = 3_000
STEP_MS = 2_500
"""From one restart to the next: a replica of a small data set has copied everything and written its file anew by then."""


def _faults(situation: Situation) -> list[PlannedFault]:
    names = [node.name for node in situation.deployment.replicas]
    restarts = in_turn("restart", names, STEP_MS, STEP_MS // 2)
    dark = f"{2 * STEP_MS} ms after restart-{names[-1]}" if names else "2000 ms after load"
    crash = fault("kill", "primary", id="crash", start=dark, heal="2000 ms after recovery")
    others = fault("kill", "replicas", "sentinels", id="others", between_fsyncs=True, start=dark, lasts_ms=DARK_MS)
    return [*restarts, crash, others]


SCENARIO = Scenario(
    name="power-cut-after-restarts",
    title="Replicas are restarted, then all hosts lose power and the primary's does not come back",
    description="The replicas are killed and started again in turn, one every 2.5 s; 5 s after the last one "
    "SIGKILL to every server. Replicas and Sentinels are started again 3 s later, the primary only after the "
    "failover.",
    why_fair="After a full copy a replica rewrites its file and keeps appending to it, so the file has all data "
    "from before, during and after the copy. One of the replicas must be promoted with this data, within 10 s plus "
    "the 3 s without power.",
    tags=("crash", "restart", "persistence", "power"),
    away=("primary",),
    faults=_faults,
    objectives=failover_objectives(
        "the replicas return with everything that they confirmed",
        FAILOVER_LIMIT_MS + DARK_MS,
        f"10 s, plus the {DARK_MS // 1000} s in which everything is down",
        limits=service_limits_after_other_faults,
    ),
    extra_recovery_ms=DARK_MS,
    expected={"reference": "pass", "apart": "pass", "stock": "violated", "classic-2013": "violated"},
)
