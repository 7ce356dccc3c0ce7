"""All hosts lose packets towards each other: TCP repeats them, and nobody may be called down."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, lost_writes, steady_limits
from jsquared.scenario.scenario import DELAY, Scenario

SCENARIO = Scenario(
    name="network-lossy",
    title="The network loses packets",
    description="Between any two hosts one packet in five is lost, both ways, for 5 s.",
    why_fair="TCP repeats what is lost, within some 0.2 to 1 s; a deployment whose down-after-milliseconds leaves room for that keeps "
    "its primary. Acknowledgements come in bursts, and what timed out is unknown, never acknowledged.",
    tags=("network", "loss"),
    needs=DELAY,
    away=(),
    faults=lambda _: [
        PlannedFault(
            id="lossy",
            name="loss",
            targets=("primary", "replicas", "sentinels", "clients"),
            parameters={"percent": 20, "against": "each-other"},
            start="1500 ms after load",
            heal="5000 ms after injection",
        )
    ],
    objectives=lambda situation: [
        lost_writes("the primary goes on with all it had"),
        *steady_limits(situation, "one lost packet in five is repeated well before down-after-milliseconds"),
        convergence(),
    ],
    fails_over=lambda _: False,
    expected={"reference": "pass", "apart": "pass", "stock": "pass", "classic-2013": "pass"},
)
