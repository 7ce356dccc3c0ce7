"""The primary restarts at once but loads for long: it answers LOADING, which Sentinels take for an answer."""

from jsquared.records.plan import PlannedFault, PlannedObjective
from jsquared.scenarios.scenario import FAILOVER_LIMIT_MS, FULL, PROCESS, Scenario, convergence, lost_writes

LOAD_MS = 15_000

SCENARIO = Scenario(
    name="slow-loading",
    title="The primary loads for long after a restart",
    description="SIGKILL to the primary and an immediate start; loading its data set then takes 15 s.",
    why_fair="Asked to show the cost: LOADING counts as an answer, so no Sentinel fails over and clients wait for as long as loading "
    "takes. With sentinel master-reboot-down-after-period (7.0 and newer) a replica takes over after that time.",
    tags=("row-11", "restart", "persistence", "one-host"),
    needs=PROCESS,
    away=(),
    suites=FULL,
    faults=lambda _: [
        PlannedFault(
            id="restart",
            name="slow-loading",
            targets=("primary",),
            parameters={"ms": LOAD_MS},
            start="2000 ms after load",
            heal="1000 ms after recovery",
        )
    ],
    objectives=lambda _: [
        lost_writes("what was acknowledged is on a replica, and on the disk where there is persistence"),
        PlannedObjective(
            name="write_gap",
            limit=FAILOVER_LIMIT_MS,
            unit="ms",
            reason="a replica has everything, and master-reboot-down-after-period lets it take over from one that loads",
        ),
        convergence(),
    ],
    fails_over=lambda _: False,
    extra_recovery_ms=LOAD_MS,
    expected={"reference": "violated"},
)
