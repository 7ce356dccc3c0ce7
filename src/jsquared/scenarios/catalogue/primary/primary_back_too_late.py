"""The primary crashes and is back just after it has been called down, while the Sentinels replace it."""

from jsquared.records.plan import PlannedObjective
from jsquared.scenario.limits import FAILOVER_LIMIT_MS, convergence, lost_writes, write_gap
from jsquared.scenario.scenario import FULL, Scenario
from jsquared.scenario.situation import Situation
from jsquared.scenarios.delayed_restart import faults

TOO_LATE_MS = 100
"""So long after down-after-milliseconds every Sentinel has called it down (two ticks of its timer), and none has replaced it yet."""


def _delay_ms(situation: Situation) -> int:
    return situation.deployment.down_after_ms + TOO_LATE_MS


def _limits(situation: Situation) -> list[PlannedObjective]:
    gap = write_gap(
        "it is away for down-after-milliseconds; then it serves again, or the one that replaces it does",
        _delay_ms(situation) + FAILOVER_LIMIT_MS,
    )
    why = "asked of every level; only one that asks for every replica can promise it while two primaries serve"
    return [lost_writes(why), gap, convergence()]


SCENARIO = Scenario(
    name="primary-back-too-late",
    title="The primary restarts a moment too late",
    description="SIGKILL to the primary; its supervisor starts it again 0.1 s after down-after-milliseconds, as the failover begins.",
    why_fair="It is a crash and a restart with all data, which each alone costs nothing. Together they can: until the Sentinels turn the "
    "last replica to its new primary, that replica follows the old one and confirms what clients write there. Whether a "
    "client meets the old primary in that moment depends on the engine, so this is in no suite that a sound deployment must pass.",
    tags=("fast-empty-restart", "restart", "split-brain", "one-host"),
    suites=FULL,
    faults=lambda situation: faults(_delay_ms(situation)),
    objectives=_limits,
    expected={"reference": "violated with Redis, pass with Valkey"},
)
