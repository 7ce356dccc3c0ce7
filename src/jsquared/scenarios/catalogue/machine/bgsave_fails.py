"""The primary cannot save its snapshot and refuses writes, and PING too: to the Sentinels it is down."""

from jsquared.scenario.limits import limits_with_full_copy
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario
from jsquared.scenario.usual_objectives import failover_objectives
from jsquared.scenarios.conditions import needs_misconf

SCENARIO = Scenario(
    name="bgsave-fails",
    title="The primary cannot save its snapshot",
    description="A folder lies where the primary's dump.rdb should go; after a BGSAVE it answers every write and PING with MISCONF.",
    why_fair="Only this one cannot save, and its replicas have everything: the Sentinels take a PING that is refused for none, and the "
    "rest must serve again in 10 s. Where every node's disk is full, the next primary refuses just so.",
    tags=("bgsave-fails", "disk", "persistence", "one-host"),
    away=("primary",),
    faults=lambda _: [fault("failing-bgsave", "primary", id="no-snapshot")],
    objectives=failover_objectives(
        "it acknowledges nothing more, and what it had acknowledged is on a promotable replica",
        limits=limits_with_full_copy,
    ),
    unsuited=needs_misconf,
    expected={"reference": "pass"},
)
