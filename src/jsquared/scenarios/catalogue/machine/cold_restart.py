"""Everything crashes at once and is started again from what the disks hold."""

from jsquared.scenario.limits import convergence, lost_writes, no_failover, resume_limits
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario

DARK_MS = 1_000
"""How long everything is down: shorter than any down-after-milliseconds that is in use, so nothing but a start follows."""

SCENARIO = Scenario(
    name="cold-restart",
    title="Everything is started again at once",
    description="SIGKILL to every data node and every Sentinel at once; 1 s later all are started again from their "
    "disks.",
    why_fair="The append-only file has every acknowledged write, since a process crash leaves the kernel's pages "
    "intact; the primary, its replicas and the Sentinels read their roles from their files, so roles and content "
    "must be unchanged.",
    tags=("crash", "restart", "persistence", "power"),
    away=("primary", "replicas"),
    faults=lambda _: [
        fault(
            "kill",
            "primary",
            "replicas",
            "sentinels",
            id="power",
            between_fsyncs=True,
            start="2500 ms after load",
            lasts_ms=DARK_MS,
        )
    ],
    objectives=lambda situation: [
        lost_writes("every node returns with the data that its persistence kept"),
        no_failover("the primary is back before any Sentinel can consider it down"),
        *resume_limits(situation.clients, reason="all are back, and the replicas make full copies"),
        convergence(),
    ],
    fails_over=lambda _: False,
    expected={"reference": "pass"},
)
