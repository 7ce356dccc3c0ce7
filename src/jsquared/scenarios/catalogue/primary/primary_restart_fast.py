"""The primary crashes and its supervisor starts it again before any Sentinel notices."""

from jsquared.scenario.limits import convergence, lost_writes, no_failover, write_gap
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import ALERTS, STANDARD, Scenario

SCENARIO = Scenario(
    name="primary-restart-fast",
    title="The primary restarts at once",
    description="SIGKILL to the primary and an immediate start from the data that its persistence kept; no "
    "Sentinel sees it down.",
    why_fair="Without a failover the replicas copy the restarted primary. With the append-only file on, a process "
    "crash between two fsyncs loses nothing; without persistence every node ends up empty, whatever the replicas "
    "had confirmed.",
    tags=("fast-empty-restart", "restart", "persistence", "one-host"),
    suites=(*STANDARD, *ALERTS),
    faults=lambda _: [fault("restart", "primary", between_fsyncs=True, heal="2000 ms after recovery")],
    objectives=lambda _: [
        lost_writes("the append-only file holds every acknowledged write, since the kernel outlives the process"),
        write_gap("the server is back at once; only loading and reconnecting take time"),
        no_failover("it is back before down-after-milliseconds have passed"),
        convergence(),
    ],
    expected={"reference": "pass", "apart": "pass", "stock": "violated", "classic-2013": "violated"},
)
