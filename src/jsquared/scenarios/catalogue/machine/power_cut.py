"""All hosts lose their power, and the primary's does not come back."""

from jsquared.scenario.limits import FAILOVER_LIMIT_MS
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario
from jsquared.scenario.usual_objectives import failover_objectives

DARK_MS = 3_000

SCENARIO = Scenario(
    name="power-cut",
    title="All hosts lose power, the primary's does not come back",
    description="SIGKILL to every server; replicas and Sentinels are started again 3 s later, the primary only "
    "after the failover.",
    why_fair="The replicas' disks have everything that they confirmed, and the Sentinels' files name the primary; "
    "so one of the replicas must be promoted, within 10 s plus the 3 s without power.",
    tags=("crash", "restart", "persistence", "power"),
    away=("primary",),
    faults=lambda _: [
        fault("kill", "primary", id="crash", start="2500 ms after load", heal="2000 ms after recovery"),
        fault(
            "kill",
            "replicas",
            "sentinels",
            id="others",
            between_fsyncs=True,
            start="2500 ms after load",
            lasts_ms=DARK_MS,
        ),
    ],
    objectives=failover_objectives(
        "the replicas return with everything that they confirmed",
        FAILOVER_LIMIT_MS + DARK_MS,
        f"10 s, plus the {DARK_MS // 1000} s in which everything is down",
    ),
    extra_recovery_ms=DARK_MS,
    expected={"reference": "pass"},
)
