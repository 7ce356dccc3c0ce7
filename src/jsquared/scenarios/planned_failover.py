"""What scenarios of a failover by hand have in common: its limits."""

from collections.abc import Sequence

from jsquared.records.plan import PlannedObjective
from jsquared.scenarios.scenario import FAILOVER_LIMIT_MS, convergence, lost_writes
from jsquared.trial.plan import Situation


def planned_failover_limits(_: Situation) -> Sequence[PlannedObjective]:
    """Nothing is lost, the change and the gap take less than 10 s, and everything is one again."""
    fair = "nothing is broken, and every node is there to take over"
    return [
        lost_writes("whoever orders a failover while all is well wants no write to be lost by it"),
        PlannedObjective(name="failover", limit=FAILOVER_LIMIT_MS, unit="ms", reason=fair),
        PlannedObjective(name="write_gap", limit=FAILOVER_LIMIT_MS, unit="ms", reason=fair),
        convergence(),
    ]
