"""Every replica must be there for a write: the crash of one node stops all writes until it is back."""

from jsquared.scenario.limits import convergence, lost_writes, write_gap
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import FULL, Scenario
from jsquared.scenario.situation import Situation
from jsquared.scenarios.conditions import needs_two_replicas

DEAD_MS = 8_000
"""How long the primary stays down beyond down-after-milliseconds: a new one has long been promoted by then."""


def _heal_ms(situation: Situation) -> int:
    return situation.deployment.down_after_ms + DEAD_MS


SCENARIO = Scenario(
    name="min-replicas-all",
    title="Writes need every replica, and the primary crashes",
    description="min-replicas-to-write is set to the number of replicas everywhere; then the primary crashes and "
    "returns 8 s late.",
    why_fair="Shows the cost: the new primary lacks the old one as a replica, so it refuses every write with "
    "NOREPLICAS until the old primary is back, demoted and attached. With a value lower by one, service recovers "
    "by itself.",
    tags=("min-replicas-equals-replicas", "operator", "crash", "one-host"),
    away=("primary",),
    suites=FULL,
    faults=lambda situation: [
        fault(
            "set-min-replicas",
            "primary",
            "replicas",
            id="every-replica",
            replicas=situation.deployment.replica_count,
            start="1500 ms after load",
            heal=f"{_heal_ms(situation) + 1_000} ms after crash",
        ),
        fault("kill", "primary", id="crash", start="500 ms after every-replica", lasts_ms=_heal_ms(situation)),
    ],
    objectives=lambda _: [
        lost_writes("a crash leaves a promotable copy of every write acknowledged at the majority level"),
        write_gap("one host is lost, and with min-replicas-to-write below the number of replicas the rest could serve"),
        convergence(),
    ],
    unsuited=needs_two_replicas("needs a second replica: with one, min-replicas-to-write can only be all or none"),
    expected={"reference": "violated"},
)
