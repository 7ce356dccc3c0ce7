"""All Sentinels are down when the primary dies, and come back later."""

from jsquared.scenario.limits import FAILOVER_LIMIT_MS
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario
from jsquared.scenario.usual_objectives import failover_objectives

AWAY_MS = 6_000

SCENARIO = Scenario(
    name="sentinels-down-then-crash",
    title="All Sentinels are down, then the primary crashes",
    description="SIGKILL to all Sentinels, then to the primary; the Sentinels are started again 6 s later, the "
    "primary after the failover.",
    why_fair="No failover is possible while no Sentinel runs. Once they are back there is a majority whose files "
    "name the primary, and replicas with data, so service must recover by itself within 10 s of that.",
    tags=("sentinel-majority-gone", "crash", "sentinel"),
    away=("primary",),
    faults=lambda _: [
        fault("kill", "sentinels", id="sentinels-crash", heal=f"{AWAY_MS} ms after crash"),
        fault("kill", "primary", id="crash", start="500 ms after sentinels-crash", heal="2000 ms after recovery"),
    ],
    objectives=failover_objectives(
        "a crash leaves a promotable copy of every write acknowledged at the majority level",
        FAILOVER_LIMIT_MS + AWAY_MS,
        f"10 s, plus the {AWAY_MS // 1000} s in which no Sentinel runs",
    ),
    extra_recovery_ms=AWAY_MS,
    expected={"reference": "pass"},
)
