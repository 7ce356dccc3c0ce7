"""An endless script that has written keeps the primary busy, and nobody but SIGKILL can end it."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, limits_with_full_copy, lost_writes
from jsquared.scenario.scenario import PROCESS, Scenario

SCENARIO = Scenario(
    name="busy-script",
    title="A script blocks the primary for ever",
    description="An endless Lua script that has written runs on the primary, so SCRIPT KILL is refused; killed after the failover.",
    why_fair="The primary answers nobody, which to the Sentinels is a hang: the rest must serve again in 10 s and keep what was "
    "acknowledged.",
    tags=("busy-script", "hang", "script", "one-host"),
    needs=PROCESS,
    away=("primary",),
    faults=lambda _: [
        PlannedFault(
            id="script",
            name="busy-script",
            targets=("primary",),
            parameters={"writes": True},
            start="2000 ms after load",
            heal="1000 ms after recovery",
        )
    ],
    objectives=lambda situation: [
        lost_writes("a busy node acknowledges nothing, and what it had acknowledged is on a promotable replica"),
        *limits_with_full_copy(situation),
        convergence(),
    ],
    expected={"reference": "pass"},
)
