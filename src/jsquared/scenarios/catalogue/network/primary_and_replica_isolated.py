"""The primary, one replica and a client are cut off: harmless where the Sentinels' majority stays with the data's."""

from jsquared.records.plan import PlannedObjective
from jsquared.scenario.limits import convergence, lost_writes, no_failover, resume_limits, service_limits
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import LINKS, Scenario
from jsquared.scenario.situation import Situation


def _hold_ms(situation: Situation) -> int:
    """Long enough that Sentinels which could fail over would have done so, and that the isolated side goes on for a while."""
    return situation.deployment.down_after_ms + 6_000


def _objectives(situation: Situation) -> list[PlannedObjective]:
    safe = lost_writes(
        "always set, but met only where the majority of the Sentinels is on the same side as the majority of the "
        "data: otherwise the other side promotes a replica without the writes that the isolated majority "
        "acknowledged"
    )
    if situation.fails_over:
        return [safe, *service_limits(situation), convergence()]
    kept = no_failover("the other side has no majority of the Sentinels, or no data node to promote")
    return [safe, kept, *resume_limits(situation.reachable_clients), convergence()]


SCENARIO = Scenario(
    name="primary-and-replica-isolated",
    title="The primary, a replica and a client are cut off",
    description="{primary, replica, client} are cut off from all others long enough for a failover, then healed.",
    why_fair="With a Sentinel on every data host, the majorities of Sentinels and data are on the same side: "
    "nothing may be lost. With Sentinels elsewhere the rest can promote a replica while the isolated side still "
    "acknowledges at the majority level.",
    tags=("primary-replica-and-client-isolated", "partition", "split-brain", "two-hosts"),
    needs=LINKS,
    away=("primary", "replica:1", "client:1"),
    cut_off=("primary", "replica:1", "client:1"),
    faults=lambda situation: [
        fault("cut", "primary", "replica:1", "client:1", id="isolation", lasts_ms=_hold_ms(situation))
    ],
    objectives=_objectives,
    expected={"reference": "pass", "apart": "violated", "stock": "pass", "classic-2013": "violated"},
)
