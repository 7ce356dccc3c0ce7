"""The Sentinels watch the data nodes over slow links, then the primary crashes."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import DELAY, Scenario
from jsquared.scenario.usual_objectives import failover_objectives

SCENARIO = Scenario(
    name="sentinels-slow-then-crash",
    title="The Sentinels watch from afar, then the primary crashes",
    description="Traffic between Sentinels and data nodes takes 20 ms longer, 5 ms more or less; then the primary "
    "is killed.",
    why_fair="The Sentinels ask the replicas again once they agree that the primary is down, and choose one two "
    "ticks later, after at least 0.1 s: a round trip of 40 ms is well within that. Beyond 0.1 s, a choice among "
    "replicas not heard from for 5 s may be aborted and repeated after twice the failover-timeout.",
    tags=("network", "latency", "crash", "one-host"),
    needs=DELAY,
    away=("primary",),
    faults=lambda _: [
        fault(
            "delay",
            "sentinels",
            "primary",
            "replicas",
            id="slow",
            delay_ms=20,
            jitter_ms=5,
            links="watch",
            against="each-other",
            start="1000 ms after load",
            heal="500 ms after recovery",
        ),
        fault("kill", "primary", id="crash", start="1000 ms after slow"),
    ],
    objectives=failover_objectives(
        "a crash of one node leaves a promotable copy of every write acknowledged at the majority level"
    ),
    expected={"reference": "pass", "apart": "pass", "stock": "violated", "classic-2013": "pass"},
)
