"""All hosts lose packets towards each other: TCP retransmits them, and no node may be considered down."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import DELAY, Scenario
from jsquared.scenario.usual_objectives import steady_objectives

SCENARIO = Scenario(
    name="network-lossy",
    title="The network loses packets",
    description="Between any two hosts one packet in five is lost, both ways, for 5 s.",
    why_fair="TCP retransmits lost packets within about 0.2 to 1 s; a deployment whose down-after-milliseconds "
    "leaves room for that keeps its primary. Acknowledgements come in bursts, and writes that timed out are "
    "unknown, never acknowledged.",
    tags=("network", "loss"),
    needs=DELAY,
    faults=lambda _: [
        fault(
            "loss",
            "primary",
            "replicas",
            "sentinels",
            "clients",
            id="lossy",
            percent=20,
            against="each-other",
            start="1500 ms after load",
            lasts_ms=5000,
        )
    ],
    objectives=steady_objectives(
        nothing_lost="the primary continues with all its data",
        no_failover="a lost packet is retransmitted well before down-after-milliseconds",
    ),
    expected={"reference": "pass", "apart": "pass", "stock": "pass", "classic-2013": "pass"},
)
