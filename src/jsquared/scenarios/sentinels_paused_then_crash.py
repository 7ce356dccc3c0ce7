"""All Sentinels hang for 3 s and wake in TILT; meanwhile the primary has crashed."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import FAILOVER_LIMIT_MS, convergence, lost_writes, service_limits
from jsquared.scenario.scenario import PROCESS, Scenario

TILT_MS = 30_000
"""How long a Sentinel that felt its timer jump acts on nothing (SENTINEL_TILT_PERIOD in sentinel.c)."""
PAUSE_MS = 3_000

SCENARIO = Scenario(
    name="sentinels-paused-then-crash",
    title="All Sentinels hang, then the primary crashes",
    description="All Sentinels are stopped for 3 s, long enough for TILT, and the primary is killed meanwhile.",
    why_fair="In TILT a Sentinel acts on nothing for 30 s; that is its design, so 30 s are granted on top of the 10 s. What must "
    "not happen is that it never fails over: with down-after-milliseconds below 3000 the replicas' links count as too old "
    "for ever once TILT ends.",
    tags=("tilt-everywhere", "tilt", "crash", "hang"),
    needs=PROCESS,
    away=("primary",),
    faults=lambda _: [
        PlannedFault(
            id="sentinels-hang",
            name="pause",
            targets=("sentinels",),
            start="2000 ms after load",
            heal=f"{PAUSE_MS} ms after injection",
        ),
        PlannedFault(
            id="crash",
            name="kill",
            targets=("primary",),
            start="500 ms after sentinels-hang",
            heal="1000 ms after recovery",
        ),
    ],
    objectives=lambda situation: [
        lost_writes("a crash leaves a promotable copy of every write acknowledged at the majority level"),
        *service_limits(
            situation,
            FAILOVER_LIMIT_MS + TILT_MS + PAUSE_MS,
            "10 s after the Sentinels act again: they hang for 3 s and then keep still for the 30 s of TILT",
        ),
        convergence(),
    ],
    extra_recovery_ms=TILT_MS + PAUSE_MS,
    expected={"reference": "pass", "apart": "pass", "stock": "pass", "classic-2013": "pass"},
)
