"""Sentinels that no longer exist are counted, until the majority of those counted is more than those that are left."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, lost_writes, service_limits
from jsquared.scenario.scenario import FULL, PROCESS, Scenario
from jsquared.scenario.situation import Situation


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
    description="A Sentinel is made anew without its state, as often as it takes; then it is lost together with the primary.",
    why_fair="Asked to show the cost: each new id counts as one more Sentinel that must be outvoted, so one crash too many is no "
    "longer survived. A volume for the Sentinels' files prevents it, SENTINEL RESET at the others repairs it.",
    tags=("stale-sentinels-counted", "operator", "sentinel", "crash"),
    needs=PROCESS,
    away=("primary",),
    suites=FULL,
    faults=lambda situation: [
        PlannedFault(
            id="recreation",
            name="sentinel-new-id",
            targets=(_sentinel(situation),),
            parameters={"times": _times(situation)},
            start="1500 ms after load",
            heal="2000 ms after recovery",
        ),
        PlannedFault(
            id="crash",
            name="kill",
            targets=("primary", _sentinel(situation)),
            start="500 ms after recreation",
            heal="500 ms after recovery",
        ),
    ],
    objectives=lambda situation: [
        lost_writes("a crash of one node leaves a promotable copy of every write acknowledged at the majority level"),
        *service_limits(situation),
        convergence(),
    ],
    expected={"reference": "violated"},
)
