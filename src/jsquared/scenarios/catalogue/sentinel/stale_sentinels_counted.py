"""Sentinels that no longer exist are counted, until the majority of those counted is more than those that are left."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import FULL, Scenario
from jsquared.scenario.situation import Situation
from jsquared.scenario.usual_objectives import failover_objectives


def _sentinel(situation: Situation) -> str:
    """The Sentinel on the primary's host, else the first one: it is lost together with the primary."""
    deployment = situation.deployment
    names = [node.name for node in deployment.sentinels if node.host == deployment.primary.host]
    return (names or [deployment.sentinels[0].name])[0]


def _times(situation: Situation) -> int:
    """How many dead ones put the majority of N + dead above the N - 1 that are left: N - 2."""
    return max(1, len(situation.deployment.sentinels) - 2)


SCENARIO = Scenario(
    name="stale-sentinels-counted",
    title="Sentinels that no longer exist are counted",
    description="A Sentinel is re-created without its state, as often as necessary; then it is lost together with "
    "the primary.",
    why_fair="Shows the cost: each new id counts as one more Sentinel towards the majority, so after enough of "
    "them the deployment no longer survives a crash. A volume for the Sentinels' files prevents this, SENTINEL "
    "RESET at the others repairs it.",
    tags=("stale-sentinels-counted", "operator", "sentinel", "crash"),
    away=("primary",),
    suites=FULL,
    faults=lambda situation: [
        fault(
            "sentinel-new-id",
            _sentinel(situation),
            id="recreation",
            times=_times(situation),
            start="1500 ms after load",
            heal="2000 ms after recovery",
        ),
        fault(
            "kill",
            "primary",
            _sentinel(situation),
            id="crash",
            start="500 ms after recreation",
            heal="500 ms after recovery",
        ),
    ],
    objectives=failover_objectives(
        "a crash of one node leaves a promotable copy of every write acknowledged at the majority level"
    ),
    expected={"reference": "violated"},
)
