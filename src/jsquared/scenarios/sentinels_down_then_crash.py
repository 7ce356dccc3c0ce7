"""All Sentinels are down when the primary dies, and come back later."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import FAILOVER_LIMIT_MS, convergence, lost_writes, service_limits
from jsquared.scenario.scenario import PROCESS, Scenario

AWAY_MS = 6_000

SCENARIO = Scenario(
    name="sentinels-down-then-crash",
    title="All Sentinels are down, then the primary crashes",
    description="SIGKILL to all Sentinels, then to the primary; the Sentinels are started again 6 s later, the primary after the failover.",
    why_fair="Nobody can fail over while no Sentinel runs. Once they are back there is a majority that knows from its files whom it "
    "watched, and replicas with data, so service must come back by itself within 10 s of that.",
    tags=("sentinel-majority-gone", "crash", "sentinel"),
    needs=PROCESS,
    away=("primary",),
    faults=lambda _: [
        PlannedFault(
            id="sentinels-crash",
            name="kill",
            targets=("sentinels",),
            start="2000 ms after load",
            heal=f"{AWAY_MS} ms after crash",
        ),
        PlannedFault(
            id="crash",
            name="kill",
            targets=("primary",),
            start="500 ms after sentinels-crash",
            heal="2000 ms after recovery",
        ),
    ],
    objectives=lambda situation: [
        lost_writes("a crash leaves a promotable copy of every write acknowledged at the majority level"),
        *service_limits(
            situation, FAILOVER_LIMIT_MS + AWAY_MS, f"10 s, and the {AWAY_MS // 1000} s in which no Sentinel runs"
        ),
        convergence(),
    ],
    extra_recovery_ms=AWAY_MS,
    expected={"reference": "pass"},
)
