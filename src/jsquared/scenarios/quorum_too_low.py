"""A quorum of 1: one Sentinel with a bad link is enough to depose a primary that is well."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, lost_writes, no_failover
from jsquared.scenario.scenario import FULL, LINKS, Scenario
from jsquared.scenario.situation import Situation


def _blind(situation: Situation) -> str:
    """The host of a Sentinel that is not the primary's own."""
    deployment = situation.deployment
    hosts = [sentinel.host for sentinel in deployment.sentinels if sentinel.host != deployment.primary.host]
    return f"host:{(hosts or [deployment.sentinels[-1].host])[-1]}"


SCENARIO = Scenario(
    name="quorum-too-low",
    title="A quorum of 1, and one Sentinel without sight",
    description="An operator sets the quorum to 1 everywhere; then one Sentinel alone loses sight of the primary.",
    why_fair="Asked to show the cost: the others vote for whoever asks, whatever they see, so one bad link deposes a primary that "
    "serves. With a quorum of the majority nothing happens.",
    tags=("wrong-quorum", "operator", "partition"),
    needs=LINKS,
    away=(),
    suites=FULL,
    faults=lambda situation: [
        PlannedFault(
            id="quorum",
            name="set-quorum",
            targets=("sentinels",),
            parameters={"quorum": 1},
            start="1500 ms after load",
            heal=f"{situation.deployment.down_after_ms + 6_000} ms after injection",
        ),
        PlannedFault(
            id="blindness",
            name="cut",
            targets=("primary",),
            parameters={"links": "sentinels", "against": _blind(situation)},
            start="500 ms after quorum",
            heal=f"{situation.deployment.down_after_ms + 5_000} ms after injection",
        ),
    ],
    objectives=lambda _: [
        lost_writes("held where no failover follows; a needless one costs what the old primary still acknowledges"),
        no_failover("all other Sentinels, the clients and the replicas see the primary"),
        convergence(),
    ],
    fails_over=lambda _: False,
    expected={"reference": "violated"},
)
