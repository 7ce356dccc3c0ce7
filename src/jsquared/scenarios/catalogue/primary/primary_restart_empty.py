"""The primary restarts at once without its data: its replicas copy the emptiness before any Sentinel notices."""

from jsquared.scenario.limits import convergence, lost_writes
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import FULL, Scenario

SCENARIO = Scenario(
    name="primary-restart-empty",
    title="The primary restarts at once with an empty disk",
    description="SIGKILL to the primary, its folder emptied, and an immediate start: no Sentinel sees it down.",
    why_fair="Shows the cost: replicas always copy the primary, so an empty primary empties two full replicas. A "
    "supervisor must not start a server whose disk is gone.",
    tags=("fast-empty-restart", "restart", "persistence", "one-host"),
    suites=FULL,
    faults=lambda _: [fault("restart-empty", "primary", id="disk-lost", heal="2000 ms after recovery")],
    objectives=lambda _: [
        lost_writes("the replicas had every acknowledged write when the primary returned"),
        convergence(),
    ],
    expected={"reference": "violated"},
)
