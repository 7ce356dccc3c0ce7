"""The day after a failover everything crashes at once and is started again: all must know what the failover has changed."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import FAILOVER_LIMIT_MS, convergence, lost_writes, service_limits
from jsquared.scenario.scenario import PROCESS, Scenario
from jsquared.scenario.situation import Situation
from jsquared.scenarios.failover_and_back import ATTACHED_MS, FAILOVER_MS

DARK_MS = 1_000
"""How long everything is down: shorter than any down-after-milliseconds that is in use, so nothing but a start follows."""
START_MS = 5_000
"""What a start takes until replicas confirm again: they load their files, and copy everything anew."""


def _back_ms(situation: Situation) -> int:
    return situation.deployment.down_after_ms + FAILOVER_MS


SCENARIO = Scenario(
    name="cold-restart-after-failover",
    title="The primary crashes and returns, then everything is started again",
    description="The primary is killed and returns as a replica; 16 s later SIGKILL to every data node and every Sentinel, which are "
    "started again from their disks 1 s later.",
    why_fair="Sentinels let every node write its new role into its file (CONFIG REWRITE), and write into their own whom they voted for, "
    "who is primary and since which epoch. So all must come back as what they were at last, without another failover.",
    tags=("crash", "restart", "persistence", "power", "day-after"),
    needs=PROCESS,
    away=("primary", "replicas"),
    faults=lambda situation: [
        PlannedFault(
            id="crash",
            name="kill",
            targets=("primary",),
            start="2000 ms after load",
            heal=f"{_back_ms(situation)} ms after injection",
        ),
        PlannedFault(
            id="power",
            name="kill",
            targets=("primary", "replicas", "sentinels"),
            parameters={"between_fsyncs": True},
            start=f"{_back_ms(situation) + ATTACHED_MS} ms after crash",
            heal=f"{DARK_MS} ms after injection",
        ),
    ],
    objectives=lambda situation: [
        lost_writes("every node comes back with what its persistence kept"),
        *service_limits(
            situation,
            FAILOVER_LIMIT_MS + DARK_MS + START_MS,
            f"10 s, and the {(DARK_MS + START_MS) // 1000} s in which everything is down and started again",
        ),
        convergence(),
    ],
    expected={"reference": "pass", "apart": "pass", "stock": "violated", "classic-2013": "violated"},
)
