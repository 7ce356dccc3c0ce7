"""The primary's host is cut off from everything, clients included."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import ALERTS, LINKS, STANDARD, Scenario
from jsquared.scenario.usual_objectives import failover_objectives

SCENARIO = Scenario(
    name="primary-isolated",
    title="The primary is cut off from everything",
    description="Every packet from and to the primary's host is dropped, until writes have resumed elsewhere.",
    why_fair="A minority of the hosts is cut off and no client can reach it, so it cannot acknowledge anything: "
    "the rest must serve again within 10 s without losing an acknowledged write.",
    tags=("primary-unreachable", "partition", "one-host"),
    needs=LINKS,
    away=("primary",),
    cut_off=("primary",),
    suites=(*STANDARD, *ALERTS),
    faults=lambda _: [fault("cut", "primary", id="isolation")],
    objectives=failover_objectives(
        "no client is on the isolated side, and at the majority level every acknowledged write is on a second node"
    ),
    expected={"reference": "pass", "apart": "pass", "stock": "violated", "classic-2013": "pass"},
)
