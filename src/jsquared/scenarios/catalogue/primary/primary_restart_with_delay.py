"""The primary crashes and is back half way to being considered down."""

from jsquared.scenario.limits import convergence, lost_writes, no_failover, write_gap
from jsquared.scenario.scenario import Scenario
from jsquared.scenario.situation import Situation
from jsquared.scenarios.delayed_restart import faults

LONGEST_MS = 5_000
"""Beyond that a slow deployment's write gap would be the delay's own doing."""


def _delay_ms(situation: Situation) -> int:
    return min(LONGEST_MS, situation.deployment.down_after_ms // 2)


SCENARIO = Scenario(
    name="primary-restart-with-delay",
    title="The primary restarts after a while",
    description="SIGKILL to the primary; its supervisor starts it again after half of down-after-milliseconds, at "
    "most 5 s.",
    why_fair="It is back before the Sentinels consider it down, with the data that its persistence kept, so no "
    "failover is needed; the delay itself is part of the gap.",
    tags=("fast-empty-restart", "restart", "persistence", "one-host"),
    faults=lambda situation: faults(_delay_ms(situation)),
    objectives=lambda _: [
        lost_writes("the append-only file holds every acknowledged write, since the kernel outlives the process"),
        write_gap("it is away for at most 5 s; loading and reconnecting take little more"),
        no_failover("it is back before down-after-milliseconds have passed"),
        convergence(),
    ],
    expected={"reference": "pass", "stock": "violated", "classic-2013": "violated"},
)
