"""One slow command holds the primary up for less than down-after-milliseconds: no reason to fail over."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.scenario import PROCESS, Scenario
from jsquared.scenarios.short_silence import objectives, silence_ms

SCENARIO = Scenario(
    name="slow-command",
    title="One slow command holds the primary up",
    description="The primary serves one command for half of down-after-milliseconds and nothing else meanwhile.",
    why_fair="A command as long as that must not cost a failover, since the deployment itself allows a silence twice as long; "
    "clients wait for its end, and 5 s are granted on top for those whose connections timed out.",
    tags=("hang", "command", "one-host"),
    needs=PROCESS,
    away=(),
    faults=lambda situation: [
        PlannedFault(
            id="command",
            name="slow-command",
            targets=("primary",),
            parameters={"ms": silence_ms(situation)},
            start="2000 ms after load",
            heal=f"{silence_ms(situation) + 500} ms after injection",
        )
    ],
    objectives=lambda situation: objectives(situation, "it is busy for half of down-after-milliseconds only"),
    fails_over=lambda _: False,
    expected={"reference": "pass"},
)
