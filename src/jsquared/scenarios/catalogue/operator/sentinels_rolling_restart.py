"""Every Sentinel is restarted in turn under load, and the primary crashes when the last one is back."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import service_limits_after_other_faults
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario
from jsquared.scenario.situation import Situation
from jsquared.scenario.usual_objectives import failover_objectives
from jsquared.scenarios.in_turn import in_turn

STEP_MS = 1_000
"""From one restart to the next: a Sentinel has read its file and is connected to everybody by then."""


def _faults(situation: Situation) -> list[PlannedFault]:
    names = [node.name for node in situation.deployment.sentinels]
    restarts = in_turn("restart", names, STEP_MS, STEP_MS * 3 // 4)
    crash = fault(
        "kill", "primary", id="crash", start=f"{2 * STEP_MS} ms after restart-{names[-1]}", heal="500 ms after recovery"
    )
    return [*restarts, crash]


SCENARIO = Scenario(
    name="sentinels-rolling-restart",
    title="Every Sentinel is restarted, then the primary crashes",
    description="The Sentinels are killed and started again in turn, one a second; the primary crashes 2 s after "
    "the last one.",
    why_fair="A Sentinel keeps its id, the others, the replicas and the epoch in its file, so a restarted one is "
    "as good as before once it has connected to all.",
    tags=("restart", "operator", "sentinel", "crash"),
    away=("primary",),
    faults=_faults,
    objectives=failover_objectives(
        "a crash of one node leaves a promotable copy of every write acknowledged at the majority level",
        limits=service_limits_after_other_faults,
    ),
    expected={"reference": "pass"},
)
