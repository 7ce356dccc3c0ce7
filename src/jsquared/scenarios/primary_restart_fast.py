"""The primary crashes and its supervisor starts it again before any Sentinel notices."""

from jsquared.records.plan import PlannedFault, PlannedObjective
from jsquared.scenario.limits import FAILOVER_LIMIT_MS, convergence, lost_writes, no_failover
from jsquared.scenario.scenario import PROCESS, Scenario

SCENARIO = Scenario(
    name="primary-restart-fast",
    title="The primary restarts at once",
    description="SIGKILL to the primary and an immediate start from whatever its persistence kept; no Sentinel sees it down.",
    why_fair="Without a failover the restarted primary is the truth, and replicas copy it. With the append-only file on, a "
    "process crash between two fsyncs loses nothing; without persistence every node ends up empty, whatever the replicas had confirmed.",
    tags=("fast-empty-restart", "restart", "persistence", "one-host"),
    needs=PROCESS,
    away=(),
    faults=lambda _: [
        PlannedFault(
            id="restart",
            name="restart",
            targets=("primary",),
            parameters={"between_fsyncs": True},
            start="2000 ms after load",
            heal="2000 ms after recovery",
        )
    ],
    objectives=lambda _: [
        lost_writes("the append-only file holds what was acknowledged, since the kernel outlives the process"),
        PlannedObjective(
            name="write_gap",
            limit=FAILOVER_LIMIT_MS,
            unit="ms",
            reason="the server is back at once; loading and reconnecting are all that takes time",
        ),
        no_failover("it is back before down-after-milliseconds have passed"),
        convergence(),
    ],
    fails_over=lambda _: False,
    expected={"reference": "pass", "apart": "pass", "stock": "violated", "classic-2013": "violated"},
)
