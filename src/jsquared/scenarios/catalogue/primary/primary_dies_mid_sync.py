"""The primary crashes while a replica is in the midst of copying everything from it."""

from jsquared.scenario.limits import limits_with_full_copy
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario
from jsquared.scenario.usual_objectives import failover_objectives

SYNC_MS = 6_000
"""How long the copy is drawn out, so that the crash falls into it."""

SCENARIO = Scenario(
    name="primary-dies-mid-sync",
    title="The primary crashes while a replica copies from it",
    description="A replica copies the whole data set, slowed down to 6 s, and after 1.5 s the primary is killed.",
    why_fair="Until it has received everything a replica keeps its old copy (unless repl-diskless-load says "
    "otherwise), and during the copy it confirms nothing. So the promoted replica is either the other one, or has "
    "an old copy that lacks no acknowledged write.",
    tags=("primary-dies-mid-sync", "resync", "crash", "one-host"),
    away=("primary",),
    faults=lambda _: [
        fault("big-key-resync", "replica:1", id="resync", size_mb=4, slow_ms=SYNC_MS, heal="2500 ms after recovery"),
        fault("kill", "primary", id="crash", start="1500 ms after resync"),
    ],
    objectives=failover_objectives(
        "every acknowledged write is on the other replica, or was there before the copy began",
        limits=limits_with_full_copy,
    ),
    expected={"reference": "pass"},
)
