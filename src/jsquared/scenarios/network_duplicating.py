"""Packets between hosts arrive twice: TCP throws the second copy away."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, lost_writes, steady_limits
from jsquared.scenario.scenario import DELAY, Scenario

SCENARIO = Scenario(
    name="network-duplicating",
    title="The network delivers packets twice",
    description="Between any two hosts half of the packets arrive twice, both ways, for 3 s.",
    why_fair="TCP throws second copies away: no command may be applied twice, and nobody has a reason to call anybody down.",
    tags=("network", "duplicates"),
    needs=DELAY,
    away=(),
    faults=lambda _: [
        PlannedFault(
            id="twice",
            name="duplicate",
            targets=("primary", "replicas", "sentinels", "clients"),
            parameters={"percent": 50, "against": "each-other"},
            start="1000 ms after load",
            heal="3000 ms after injection",
        )
    ],
    objectives=lambda situation: [
        lost_writes("the primary goes on with all it had"),
        *steady_limits(situation, "second copies cost nothing but the line's capacity"),
        convergence(),
    ],
    fails_over=lambda _: False,
    expected={"reference": "pass", "apart": "pass", "stock": "pass", "classic-2013": "pass"},
)
