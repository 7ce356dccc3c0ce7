"""One slow command holds the primary up for longer than down-after-milliseconds: it is replaced, and then goes on."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, limits_with_full_copy, lost_writes
from jsquared.scenario.scenario import PROCESS, Scenario
from jsquared.scenario.situation import Situation

LONGER_MS = 4_000
"""Long enough for the failover to be over when the old primary answers again."""


def _busy_ms(situation: Situation) -> int:
    return situation.deployment.down_after_ms + LONGER_MS


SCENARIO = Scenario(
    name="slow-command-too-long",
    title="One slow command costs the primary its place",
    description="The primary serves one command for 4 s longer than down-after-milliseconds, then goes on as if nothing was.",
    why_fair="To the Sentinels a server that answers nobody is down, whatever keeps it busy; the rest must serve again in 10 s. "
    "When the command ends, the old primary believes in itself until it is demoted.",
    tags=("hang", "command", "one-host"),
    needs=PROCESS,
    away=("primary",),
    faults=lambda situation: [
        PlannedFault(
            id="command",
            name="slow-command",
            targets=("primary",),
            parameters={"ms": _busy_ms(situation)},
            start="2000 ms after load",
            heal=f"{_busy_ms(situation) + 500} ms after injection",
        )
    ],
    objectives=lambda situation: [
        lost_writes("a busy node acknowledges nothing, and what it had acknowledged is on a promotable replica"),
        *limits_with_full_copy(situation),
        convergence(),
    ],
    expected={"reference": "pass"},
)
