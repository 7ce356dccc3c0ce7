"""The primary cannot save its snapshot and refuses writes, and PING too: to the Sentinels it is down."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, limits_with_full_copy, lost_writes
from jsquared.scenario.scenario import PROCESS, Scenario
from jsquared.scenarios.conditions import needs_misconf

SCENARIO = Scenario(
    name="bgsave-fails",
    title="The primary cannot save its snapshot",
    description="A folder lies where the primary's dump.rdb should go; after a BGSAVE it answers every write and PING with MISCONF.",
    why_fair="Only this one cannot save, and its replicas have everything: the Sentinels take a PING that is refused for none, and the "
    "rest must serve again in 10 s. Where every node's disk is full, the next primary refuses just so.",
    tags=("bgsave-fails", "disk", "persistence", "one-host"),
    needs=PROCESS,
    away=("primary",),
    faults=lambda _: [
        PlannedFault(
            id="no-snapshot",
            name="failing-bgsave",
            targets=("primary",),
            start="2000 ms after load",
            heal="1000 ms after recovery",
        )
    ],
    objectives=lambda situation: [
        lost_writes("it acknowledges nothing more, and what it had acknowledged is on a promotable replica"),
        *limits_with_full_copy(situation),
        convergence(),
    ],
    unsuited=needs_misconf,
    expected={"reference": "pass"},
)
