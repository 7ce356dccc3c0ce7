"""One slow command holds the primary up for less than down-after-milliseconds: no reason to fail over."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario
from jsquared.scenarios.short_silence import objectives, silence_ms

SCENARIO = Scenario(
    name="slow-command",
    title="One slow command holds the primary up",
    description="The primary serves one command for half of down-after-milliseconds and nothing else meanwhile.",
    why_fair="A command as long as that must not cost a failover, since the deployment itself allows a silence twice as long; "
    "clients wait for its end, and 5 s are granted on top for those whose connections timed out.",
    tags=("hang", "command", "one-host"),
    faults=lambda situation: [
        fault("slow-command", "primary", id="command", ms=silence_ms(situation), lasts_ms=silence_ms(situation) + 500)
    ],
    objectives=lambda situation: objectives(situation, "it is busy for half of down-after-milliseconds only"),
    expected={"reference": "pass"},
)
