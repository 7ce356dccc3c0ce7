"""All others are down when the last replica comes back without its data: it is promoted, and empties everybody."""

from jsquared.scenario.limits import convergence, lost_writes
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import FULL, Scenario
from jsquared.scenario.situation import Situation


def _others(situation: Situation) -> tuple[str, ...]:
    """The primary and all replicas but the first."""
    return ("primary", *(f"replica:{number}" for number in range(2, situation.deployment.replica_count + 1)))


SCENARIO = Scenario(
    name="last-replica-empty",
    title="The only replica left is empty",
    description="The first replica loses its disk at the moment when all other data nodes crash; they return after "
    "the failover.",
    why_fair="Shows the cost: Sentinel does not check a replica's data, so an empty one is promoted, and nodes "
    "that return with every write on their disks copy the empty data set. No setting of Sentinel prevents this.",
    tags=("only-replica-left-empty", "crash", "persistence"),
    away=("primary", "replicas"),
    fails_over=lambda _: True,  # to the one that comes back at once
    suites=FULL,
    faults=lambda situation: [
        fault("kill", *_others(situation), id="crash"),
        fault(
            "restart-empty",
            situation.deployment.replicas[0].name,
            id="disk-lost",
            start="100 ms after crash",
            heal="500 ms after recovery",
        ),
    ],
    objectives=lambda _: [
        lost_writes("every write acknowledged at the majority level is on the disk of a node that returns"),
        convergence(),
    ],
    expected={"reference": "violated"},
)
