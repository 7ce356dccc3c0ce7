"""The primary cannot save its snapshot and refuses writes, and PING too: to the Sentinels it is down."""

from jsquared.scenario.limits import limits_with_full_copy
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import ALERTS, STANDARD, Scenario
from jsquared.scenario.usual_objectives import failover_objectives
from jsquared.scenarios.conditions import needs_misconf

SCENARIO = Scenario(
    name="bgsave-fails",
    title="The primary cannot save its snapshot",
    description="A folder blocks the path of the primary's dump.rdb; after a BGSAVE it answers every write and "
    "PING with MISCONF.",
    why_fair="Only this node cannot save, and its replicas have everything: to the Sentinels a refused PING is no "
    "answer, and the rest must serve again within 10 s. Where every node's disk is full, the next primary refuses "
    "in the same way.",
    tags=("bgsave-fails", "disk", "persistence", "one-host"),
    away=("primary",),
    suites=(*STANDARD, *ALERTS),
    faults=lambda _: [fault("failing-bgsave", "primary", id="no-snapshot")],
    objectives=failover_objectives(
        "it acknowledges nothing more, and a promotable replica has every write that it acknowledged before",
        limits=limits_with_full_copy,
    ),
    unsuited=needs_misconf,
    expected={"reference": "pass"},
)
