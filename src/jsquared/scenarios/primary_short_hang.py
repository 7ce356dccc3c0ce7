"""The primary hangs for less than down-after-milliseconds: no reason to fail over."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.scenario import PROCESS, Scenario
from jsquared.scenarios.short_silence import objectives, silence_ms

SCENARIO = Scenario(
    name="primary-short-hang",
    title="The primary hangs for a moment",
    description="SIGSTOP to the primary for half of down-after-milliseconds, as a long fork or a slow disk does.",
    why_fair="A hang below the limit that the deployment itself set must not cost a failover; clients wait for as long as it "
    "lasts, and 5 s are granted on top for those whose connections timed out.",
    tags=("pause-shorter-than-down-after", "hang", "one-host"),
    needs=PROCESS,
    away=(),
    faults=lambda situation: [
        PlannedFault(
            id="hang",
            name="pause",
            targets=("primary",),
            start="2000 ms after load",
            heal=f"{silence_ms(situation)} ms after injection",
        )
    ],
    objectives=lambda situation: objectives(situation, "it hangs for half of down-after-milliseconds only"),
    fails_over=lambda _: False,
    expected={"reference": "pass", "apart": "pass", "classic-2013": "pass"},
)
