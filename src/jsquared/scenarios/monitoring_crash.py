"""The objectives of a crash of the primary while something is wrong with what watches it."""

from jsquared.records.plan import PlannedObjective
from jsquared.scenario.limits import convergence, lost_writes, service_limits_after_other_faults
from jsquared.scenario.situation import Situation


def crash_objectives(situation: Situation) -> list[PlannedObjective]:
    """Return what a crash may cost, which is the same whether anybody watches or not."""
    return [
        lost_writes("a crash of one node leaves a promotable copy of every write acknowledged at the majority level"),
        *service_limits_after_other_faults(situation),
        convergence(),
    ]
