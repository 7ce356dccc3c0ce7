"""Everything crashes at once and is started again from what the disks hold."""

from jsquared.scenario.limits import convergence, lost_writes, no_failover, resume_limits
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario

DARK_MS = 1_000
"""How long everything is down: shorter than any down-after-milliseconds that is in use, so nothing but a start follows."""

SCENARIO = Scenario(
    name="cold-restart",
    title="Everything is started again at once",
    description="SIGKILL to every data node and every Sentinel in one moment; 1 s later all are started again from their disks.",
    why_fair="The append-only file has what was acknowledged, since a crash of the process leaves the kernel's pages; the primary, its "
    "replicas and the Sentinels know from their files who they were, so roles and content must be what they were.",
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
        lost_writes("every node comes back with what its persistence kept"),
        no_failover("the primary is back before anybody can have considered it down"),
        *resume_limits(situation.clients, reason="all are back, and the replicas copy everything anew"),
        convergence(),
    ],
    fails_over=lambda _: False,
    expected={"reference": "pass"},
)
