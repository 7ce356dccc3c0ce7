"""The primary restarts at once without its data: its replicas copy the emptiness before any Sentinel notices."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, lost_writes
from jsquared.scenario.scenario import FULL, PROCESS, Scenario

SCENARIO = Scenario(
    name="primary-restart-empty",
    title="The primary restarts at once with an empty disk",
    description="SIGKILL to the primary, its folder emptied, and an immediate start: no Sentinel sees it down.",
    why_fair="Asked to show the cost: whoever is primary is the truth, so two full replicas are emptied by an empty primary. A "
    "supervisor must not start a server whose disk is gone.",
    tags=("fast-empty-restart", "restart", "persistence", "one-host"),
    needs=PROCESS,
    away=(),
    suites=FULL,
    faults=lambda _: [
        PlannedFault(
            id="disk-lost",
            name="restart-empty",
            targets=("primary",),
            start="2000 ms after load",
            heal="2000 ms after recovery",
        )
    ],
    objectives=lambda _: [
        lost_writes("the replicas had every acknowledged write when the primary came back"),
        convergence(),
    ],
    fails_over=lambda _: False,
    expected={"reference": "violated"},
)
