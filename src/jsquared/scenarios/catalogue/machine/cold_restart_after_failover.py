"""The day after a failover everything crashes at once and is started again: all must know what the failover has changed."""

from jsquared.scenario.limits import FAILOVER_LIMIT_MS
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario
from jsquared.scenario.usual_objectives import failover_objectives
from jsquared.scenarios.failover_times import ATTACHED_MS, after_failover_ms

DARK_MS = 1_000
"""How long everything is down: shorter than any down-after-milliseconds that is in use, so nothing but a start follows."""
START_MS = 5_000
"""What a start takes until replicas confirm again: they load their files, and copy everything anew."""


SCENARIO = Scenario(
    name="cold-restart-after-failover",
    title="The primary crashes and returns, then everything is started again",
    description="The primary is killed and returns as a replica; 16 s later SIGKILL to every data node and every "
    "Sentinel, which are started again from their disks 1 s later.",
    why_fair="Sentinels make every node write its new role into its file (CONFIG REWRITE), and write their votes, the "
    "primary and its epoch into their own. So all must return in their latest roles, without another failover.",
    tags=("crash", "restart", "persistence", "power", "day-after"),
    away=("primary", "replicas"),
    faults=lambda situation: [
        fault("kill", "primary", id="crash", lasts_ms=after_failover_ms(situation)),
        fault(
            "kill",
            "primary",
            "replicas",
            "sentinels",
            id="power",
            between_fsyncs=True,
            start=f"{after_failover_ms(situation) + ATTACHED_MS} ms after crash",
            lasts_ms=DARK_MS,
        ),
    ],
    objectives=failover_objectives(
        "every node returns with the data that its persistence kept",
        FAILOVER_LIMIT_MS + DARK_MS + START_MS,
        f"10 s, plus the {(DARK_MS + START_MS) // 1000} s in which everything is down and starts again",
    ),
    expected={"reference": "pass", "apart": "pass", "stock": "violated", "classic-2013": "violated"},
)
