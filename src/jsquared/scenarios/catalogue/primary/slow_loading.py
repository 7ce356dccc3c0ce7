"""The primary restarts at once but loads for long: it answers LOADING, which Sentinels take for an answer."""

from jsquared.scenario.limits import convergence, lost_writes, write_gap
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import FULL, Scenario

LOAD_MS = 24_000
TAKEOVER_MS = 18_000
"""A Sentinel sees within 10 s (its next INFO) that the primary was restarted, then waits for master-reboot-down-after-period (here 4 s at
the most), then fails over.
"""

SCENARIO = Scenario(
    name="slow-loading",
    title="The primary takes long to load after a restart",
    description="SIGKILL to the primary and an immediate start; loading its data set then takes 24 s.",
    why_fair="Shows the cost: LOADING counts as an answer, so no Sentinel fails over and clients wait as long as "
    "loading takes. With sentinel master-reboot-down-after-period (7.0 and newer) a replica takes over after that "
    "time; the limit is 18 s.",
    tags=("slow-loading-after-restart", "restart", "persistence", "one-host"),
    suites=FULL,
    faults=lambda _: [fault("slow-loading", "primary", id="restart", ms=LOAD_MS, lasts_ms=LOAD_MS * 5 // 4)],
    objectives=lambda _: [
        lost_writes("every acknowledged write is on a replica, and on the disk if there is persistence"),
        write_gap(
            "a replica has everything, and master-reboot-down-after-period 3000 lets it take over from a loading "
            "primary, within 3 s of the Sentinels' next look at its run id, which is up to 10 s away",
            TAKEOVER_MS,
        ),
        convergence(),
    ],
    extra_recovery_ms=LOAD_MS,
    expected={"reference": "violated"},
)
