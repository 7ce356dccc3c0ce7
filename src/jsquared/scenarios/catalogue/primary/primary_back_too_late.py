"""The primary crashes and is back just after it has been considered down, while the Sentinels replace it."""

from jsquared.records.plan import PlannedObjective
from jsquared.scenario.limits import FAILOVER_LIMIT_MS, convergence, lost_writes, write_gap
from jsquared.scenario.scenario import FULL, Scenario
from jsquared.scenario.situation import Situation
from jsquared.scenarios.delayed_restart import faults

TOO_LATE_MS = 100
"""So long after down-after-milliseconds every Sentinel considers it down (two ticks of its timer), and none has replaced it yet."""


def _delay_ms(situation: Situation) -> int:
    return situation.deployment.down_after_ms + TOO_LATE_MS


def _limits(situation: Situation) -> list[PlannedObjective]:
    gap = write_gap(
        "it is away for down-after-milliseconds; then it serves again, or its replacement does",
        _delay_ms(situation) + FAILOVER_LIMIT_MS,
    )
    why = "set at every level; only a level that requires every replica can promise it while two primaries serve"
    return [lost_writes(why), gap, convergence()]


SCENARIO = Scenario(
    name="primary-back-too-late",
    title="The primary restarts a moment too late",
    description="SIGKILL to the primary; its supervisor starts it again 0.1 s after down-after-milliseconds, as "
    "the failover begins.",
    why_fair="A crash, and a restart with all data, each cost nothing alone. Together they can: until the "
    "Sentinels make the last replica follow the new primary, it follows the old one and confirms writes there. "
    "Whether a client meets the old primary at that moment depends on the engine, so this is in no suite that a "
    "sound deployment must pass.",
    tags=("fast-empty-restart", "restart", "split-brain", "one-host"),
    suites=FULL,
    faults=lambda situation: faults(_delay_ms(situation)),
    objectives=_limits,
    expected={"reference": "violated with Redis, pass with Valkey"},
)
