"""A quorum of 1: one Sentinel with a bad link is enough to depose a primary that is well."""

from jsquared.scenario.limits import convergence, lost_writes, no_failover
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import FULL, LINKS, Scenario
from jsquared.scenario.situation import Situation


def _blind(situation: Situation) -> str:
    """The host of a Sentinel that is not the primary's own."""
    deployment = situation.deployment
    hosts = [sentinel.host for sentinel in deployment.sentinels if sentinel.host != deployment.primary.host]
    return f"host:{(hosts or [deployment.sentinels[-1].host])[-1]}"


SCENARIO = Scenario(
    name="quorum-too-low",
    title="A quorum of 1, and one Sentinel that cannot see the primary",
    description="An operator sets the quorum to 1 everywhere; then one Sentinel alone loses sight of the primary.",
    why_fair="Shows the cost: the others vote for any candidate, whatever they see, so one bad link deposes a working "
    "primary. With a quorum of the majority nothing happens.",
    tags=("wrong-quorum", "operator", "partition"),
    needs=LINKS,
    suites=FULL,
    faults=lambda situation: [
        fault(
            "set-quorum",
            "sentinels",
            id="quorum",
            quorum=1,
            start="1500 ms after load",
            lasts_ms=situation.deployment.down_after_ms + 6_000,
        ),
        fault(
            "cut",
            "primary",
            id="blindness",
            links="sentinels",
            against=_blind(situation),
            start="500 ms after quorum",
            lasts_ms=situation.deployment.down_after_ms + 5_000,
        ),
    ],
    objectives=lambda _: [
        lost_writes(
            "met if no failover follows; a needless one costs the writes that the old primary still acknowledges"
        ),
        no_failover("all other Sentinels, the clients and the replicas see the primary"),
        convergence(),
    ],
    expected={"reference": "violated"},
)
