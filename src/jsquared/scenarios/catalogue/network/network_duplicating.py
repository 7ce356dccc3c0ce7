"""Packets between hosts arrive twice: TCP throws the second copy away."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import DELAY, Scenario
from jsquared.scenario.usual_objectives import steady_objectives

SCENARIO = Scenario(
    name="network-duplicating",
    title="The network delivers packets twice",
    description="Between any two hosts half of the packets arrive twice, both ways, for 3 s.",
    why_fair="TCP discards second copies: no command may be applied twice, and no Sentinel has a reason to "
    "consider a node down.",
    tags=("network", "duplicates"),
    needs=DELAY,
    faults=lambda _: [
        fault(
            "duplicate",
            "primary",
            "replicas",
            "sentinels",
            "clients",
            id="twice",
            percent=50,
            against="each-other",
            start="1000 ms after load",
            lasts_ms=3000,
        )
    ],
    objectives=steady_objectives(
        nothing_lost="the primary continues with all its data",
        no_failover="second copies cost only bandwidth",
    ),
    expected={"reference": "pass", "apart": "pass", "stock": "pass", "classic-2013": "pass"},
)
