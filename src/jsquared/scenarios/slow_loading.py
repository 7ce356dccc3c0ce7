"""The primary restarts at once but loads for long: it answers LOADING, which Sentinels take for an answer."""

from jsquared.records.plan import PlannedFault, PlannedObjective
from jsquared.scenario.limits import convergence, lost_writes
from jsquared.scenario.scenario import FULL, PROCESS, Scenario

LOAD_MS = 24_000
TAKEOVER_MS = 18_000
"""A Sentinel sees within 10 s (its next INFO) that the primary was restarted, then waits for master-reboot-down-after-period (here 4 s at
the most), then fails over.
"""

SCENARIO = Scenario(
    name="slow-loading",
    title="The primary loads for long after a restart",
    description="SIGKILL to the primary and an immediate start; loading its data set then takes 24 s.",
    why_fair="Asked to show the cost: LOADING counts as an answer, so no Sentinel fails over and clients wait for as long as loading "
    "takes. With sentinel master-reboot-down-after-period (7.0 and newer) a replica takes over after that time; 18 s are granted.",
    tags=("slow-loading-after-restart", "restart", "persistence", "one-host"),
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
            heal=f"{LOAD_MS * 5 // 4} ms after injection",
        )
    ],
    objectives=lambda _: [
        lost_writes("what was acknowledged is on a replica, and on the disk where there is persistence"),
        PlannedObjective(
            name="write_gap",
            limit=TAKEOVER_MS,
            unit="ms",
            reason="a replica has everything, and master-reboot-down-after-period 3000 lets it take over from a primary that loads, "
            "within 3 s of the Sentinels' next look at its run id, which is up to 10 s away",
        ),
        convergence(),
    ],
    fails_over=lambda _: False,
    extra_recovery_ms=LOAD_MS,
    expected={"reference": "violated"},
)
