"""What both one-way cuts of the primary share: only the direction differs."""

from jsquared.records.plan import PlannedFault, PlannedObjective
from jsquared.scenario.limits import convergence, limits_with_full_copy, lost_writes
from jsquared.scenario.situation import Situation


def faults(direction: str) -> list[PlannedFault]:
    """Packets of one direction (``inbound``, ``outbound``) of the primary's host are dropped."""
    return [
        PlannedFault(
            id="one-way-cut",
            name="cut",
            targets=("primary",),
            parameters={"direction": direction},
            start="2000 ms after load",
            heal="1000 ms after recovery",
        )
    ]


def objectives(situation: Situation) -> list[PlannedObjective]:
    """To the Sentinels it is a whole cut, so the same is asked."""
    return [
        lost_writes("without replies in both directions nothing is acknowledged at the majority level"),
        *limits_with_full_copy(situation),
        convergence(),
    ]
