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
    why_fair="In TILT a Sentinel acts on nothing for 30 s; that is its design, so 30 s are granted on top of the 10 s. What must "
    "not happen is that it never fails over: with down-after-milliseconds below 3000 the replicas' links count as too old "
    "for ever once TILT ends.",
    tags=("tilt-everywhere", "tilt", "crash", "hang"),
    away=("primary",),
    faults=lambda _: [
        fault("pause", "sentinels", id="sentinels-hang", lasts_ms=PAUSE_MS),
        fault("kill", "primary", id="crash", start="500 ms after sentinels-hang"),
    ],
    objectives=failover_objectives(
        "a crash leaves a promotable copy of every write acknowledged at the majority level",
        FAILOVER_LIMIT_MS + TILT_MS + PAUSE_MS,
        "10 s after the Sentinels act again: they hang for 3 s and then keep still for the 30 s of TILT",
    ),
    extra_recovery_ms=TILT_MS + PAUSE_MS,
    expected={"reference": "pass", "apart": "pass", "stock": "pass", "classic-2013": "pass"},
)
