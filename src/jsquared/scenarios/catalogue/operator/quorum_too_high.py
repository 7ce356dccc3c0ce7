"""A quorum above the number of Sentinels: they can never agree that the primary is down."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import FULL, Scenario
from jsquared.scenario.usual_objectives import failover_objectives

SCENARIO = Scenario(
    name="quorum-too-high",
    title="A quorum that cannot be reached",
    description="An operator sets the quorum to one more than there are Sentinels; then the primary crashes.",
    why_fair="Shows the cost: Sentinel accepts any number, and the failover after a crash never happens. SENTINEL "
    "CKQUORUM detects this beforehand.",
    tags=("wrong-quorum", "operator", "crash"),
    away=("primary",),
    suites=FULL,
    faults=lambda situation: [
        fault(
            "set-quorum",
            "sentinels",
            id="quorum",
            quorum=len(situation.deployment.sentinels) + 1,
            start="1500 ms after load",
            heal="5000 ms after recovery",  # once the Sentinels see the primary again: else they depose it then
        ),
        fault("kill", "primary", id="crash", start="500 ms after quorum", heal="500 ms after recovery"),
    ],
    objectives=failover_objectives("the primary returns with the data that its persistence kept"),
    expected={"reference": "violated"},
)
