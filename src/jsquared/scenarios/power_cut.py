"""All hosts lose their power, and the primary's does not come back."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import FAILOVER_LIMIT_MS, convergence, lost_writes, service_limits
from jsquared.scenario.scenario import PROCESS, Scenario

DARK_MS = 3_000

SCENARIO = Scenario(
    name="power-cut",
    title="All hosts lose power, the primary's does not come back",
    description="SIGKILL to every server; replicas and Sentinels are started again 3 s later, the primary only after the failover.",
    why_fair="The replicas have on their disks what they confirmed, and the Sentinels know from their files whom they watched; so one "
    "of the replicas must be promoted, within 10 s and the 3 s of darkness.",
    tags=("crash", "restart", "persistence", "power"),
    needs=PROCESS,
    away=("primary",),
    faults=lambda _: [
        PlannedFault(
            id="crash",
            name="kill",
            targets=("primary",),
            start="2500 ms after load",
            heal="2000 ms after recovery",
        ),
        PlannedFault(
            id="others",
            name="kill",
            targets=("replicas", "sentinels"),
            parameters={"between_fsyncs": True},
            start="2500 ms after load",
            heal=f"{DARK_MS} ms after injection",
        ),
    ],
    objectives=lambda situation: [
        lost_writes("the replicas come back with what they confirmed"),
        *service_limits(
            situation, FAILOVER_LIMIT_MS + DARK_MS, f"10 s, and the {DARK_MS // 1000} s in which everything is down"
        ),
        convergence(),
    ],
    extra_recovery_ms=DARK_MS,
    expected={"reference": "pass"},
)
