"""The primary crashes and comes back after the failover."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import ALERTS, QUICK, Scenario
from jsquared.scenario.usual_objectives import failover_objectives

SCENARIO = Scenario(
    name="primary-crash",
    title="The primary crashes",
    description="SIGKILL to the primary under load; it is started again once writes have resumed.",
    why_fair="After one crash, the Sentinels' majority and all but one data node remain: a sound deployment must "
    "serve again within 10 s and, at the majority level, keep every acknowledged write.",
    tags=("primary-crash", "crash", "one-host"),
    away=("primary",),
    suites=(*QUICK, *ALERTS),
    faults=lambda _: [fault("kill", "primary", id="crash")],
    objectives=failover_objectives(
        "a crash of one node leaves a promotable copy of every write acknowledged at the majority level"
    ),
    expected={"reference": "pass", "apart": "pass", "stock": "violated", "classic-2013": "pass"},
)
