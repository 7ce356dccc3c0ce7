"""The primary crashes while a replica is in the midst of copying everything from it."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, limits_with_full_copy, lost_writes
from jsquared.scenario.scenario import PROCESS, Scenario

SYNC_MS = 6_000
"""How long the copy is drawn out, so that the crash falls into it."""

SCENARIO = Scenario(
    name="primary-dies-mid-sync",
    title="The primary crashes while a replica copies from it",
    description="A replica copies the whole data set, drawn out to 6 s, and after 1.5 s the primary is killed.",
    why_fair="Until it has received everything a replica keeps its old copy (unless repl-diskless-load says otherwise), and during the "
    "copy it confirms nothing. So either the other replica is promoted, or an old copy that lacks nothing acknowledged.",
    tags=("primary-dies-mid-sync", "resync", "crash", "one-host"),
    needs=PROCESS,
    away=("primary",),
    faults=lambda _: [
        PlannedFault(
            id="resync",
            name="big-key-resync",
            targets=("replica:1",),
            parameters={"size_mb": 4, "slow_ms": SYNC_MS},
            start="2000 ms after load",
            heal="2500 ms after recovery",
        ),
        PlannedFault(
            id="crash",
            name="kill",
            targets=("primary",),
            start="1500 ms after resync",
            heal="1000 ms after recovery",
        ),
    ],
    objectives=lambda situation: [
        lost_writes("what was acknowledged is on the other replica, or was so before the copy began"),
        *limits_with_full_copy(situation),
        convergence(),
    ],
    expected={"reference": "pass"},
)
