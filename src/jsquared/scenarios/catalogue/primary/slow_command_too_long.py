"""One slow command delays the primary for longer than down-after-milliseconds: it is replaced, and then goes on."""

from jsquared.scenario.limits import limits_with_full_copy
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario
from jsquared.scenario.situation import Situation
from jsquared.scenario.usual_objectives import failover_objectives

LONGER_MS = 4_000
"""Long enough for the failover to be over when the old primary answers again."""


def _busy_ms(situation: Situation) -> int:
    return situation.deployment.down_after_ms + LONGER_MS


SCENARIO = Scenario(
    name="slow-command-too-long",
    title="One slow command makes the primary lose its role",
    description="The primary is busy with one command for 4 s longer than down-after-milliseconds, then continues "
    "as before.",
    why_fair="To the Sentinels a server that does not answer is down, whatever keeps it busy; the rest must serve "
    "again within 10 s. When the command ends, the old primary still considers itself the primary until it is "
    "demoted.",
    tags=("hang", "command", "one-host"),
    away=("primary",),
    faults=lambda situation: [
        fault("slow-command", "primary", id="command", ms=_busy_ms(situation), lasts_ms=_busy_ms(situation) + 500)
    ],
    objectives=failover_objectives(
        "a busy node acknowledges nothing, and a promotable replica has every write that it acknowledged before",
        limits=limits_with_full_copy,
    ),
    expected={"reference": "pass"},
)
