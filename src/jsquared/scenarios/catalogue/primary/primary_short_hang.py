"""The primary hangs for less than down-after-milliseconds: no reason to fail over."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario
from jsquared.scenarios.short_silence import objectives, silence_ms

SCENARIO = Scenario(
    name="primary-short-hang",
    title="The primary hangs for a moment",
    description="SIGSTOP to the primary for half of down-after-milliseconds, as a long fork or a slow disk does.",
    why_fair="A hang below the deployment's own limit must not cause a failover; clients wait as long as "
    "it lasts, plus up to 5 s for those whose connections timed out.",
    tags=("pause-shorter-than-down-after", "hang", "one-host"),
    faults=lambda situation: [fault("pause", "primary", id="hang", lasts_ms=silence_ms(situation))],
    objectives=lambda situation: objectives(situation, "it hangs for only half of down-after-milliseconds"),
    expected={"reference": "pass", "apart": "pass", "classic-2013": "pass"},
)
