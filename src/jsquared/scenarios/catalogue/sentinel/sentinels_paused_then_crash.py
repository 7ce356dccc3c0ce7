"""All Sentinels hang for 3 s and wake in TILT; meanwhile the primary has crashed."""

from jsquared.scenario.limits import FAILOVER_LIMIT_MS, TILT_MS
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario
from jsquared.scenario.usual_objectives import failover_objectives

PAUSE_MS = 3_000

SCENARIO = Scenario(
    name="sentinels-paused-then-crash",
    title="All Sentinels hang, then the primary crashes",
    description="All Sentinels are stopped for 3 s, long enough for TILT, and the primary is killed meanwhile.",
    why_fair="In TILT a Sentinel takes no action for 30 s; this is by design, so the limit is 10 s plus 30 s. "
    "But the failover must happen: with down-after-milliseconds below 3000 the replicas' links count as too "
    "old forever once TILT ends.",
    tags=("tilt-everywhere", "tilt", "crash", "hang"),
    away=("primary",),
    faults=lambda _: [
        fault("pause", "sentinels", id="sentinels-hang", lasts_ms=PAUSE_MS),
        fault("kill", "primary", id="crash", start="500 ms after sentinels-hang"),
    ],
    objectives=failover_objectives(
        "a crash leaves a promotable copy of every write acknowledged at the majority level",
        FAILOVER_LIMIT_MS + TILT_MS + PAUSE_MS,
        "10 s after the Sentinels act again: they hang for 3 s and then take no action for the 30 s of TILT",
    ),
    extra_recovery_ms=TILT_MS + PAUSE_MS,
    expected={"reference": "pass", "apart": "pass", "stock": "pass", "classic-2013": "pass"},
)
