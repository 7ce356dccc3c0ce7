"""One slow command delays the primary for less than down-after-milliseconds: no reason to fail over."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario
from jsquared.scenarios.short_silence import objectives, silence_ms

SCENARIO = Scenario(
    name="slow-command",
    title="One slow command delays the primary",
    description="The primary is busy with one command for half of down-after-milliseconds.",
    why_fair="Such a command must not cause a failover, since the deployment itself allows a silence twice as "
    "long; clients wait for its end, plus up to 5 s for those whose connections timed out.",
    tags=("hang", "command", "one-host"),
    faults=lambda situation: [
        fault("slow-command", "primary", id="command", ms=silence_ms(situation), lasts_ms=silence_ms(situation) + 500)
    ],
    objectives=lambda situation: objectives(situation, "it is busy for only half of down-after-milliseconds"),
    expected={"reference": "pass"},
)
