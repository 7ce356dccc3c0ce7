"""The majority of the Sentinels is gone when the primary crashes: there must be no failover, and nothing may be lost."""

from jsquared.scenario.limits import convergence, lost_writes, no_failover, resume_limits
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import ALERTS, STANDARD, Scenario
from jsquared.scenario.situation import Situation

SILENCE_MS = 3_000
"""How long the primary stays down beyond down-after-milliseconds, so that the Sentinels that are left do try."""


def _lost(situation: Situation) -> tuple[str, ...]:
    """As many Sentinels, the last ones, as leave no majority."""
    total = len(situation.deployment.sentinels)
    return tuple(f"sentinel:{total - index}" for index in range(total - total // 2))


SENTINELS_LATER_MS = 1_500
"""The primary answers again before they are back: else the Sentinels that were left, where they are a quorum, could win their votes."""


def _heal_ms(situation: Situation) -> int:
    return situation.deployment.down_after_ms + SILENCE_MS


SCENARIO = Scenario(
    name="sentinel-majority-lost",
    title="The Sentinels' majority is lost, then the primary",
    description="SIGKILL to as many Sentinels as leave no majority, then to the primary; it is started again, then "
    "they are.",
    why_fair="Without a majority Sentinel must not fail over, so there can be no time limit before healing; afterwards "
    "every acknowledged write must be there, within 10 s.",
    tags=("sentinel-majority-gone", "crash", "sentinel"),
    away=("primary",),
    suites=(*STANDARD, *ALERTS),
    faults=lambda situation: [
        fault(
            "kill",
            *_lost(situation),
            id="sentinels-crash",
            heal=f"{_heal_ms(situation) + SENTINELS_LATER_MS} ms after crash",
        ),
        fault(
            "kill",
            "primary",
            id="crash",
            between_fsyncs=True,
            start="500 ms after sentinels-crash",
            heal=f"{_heal_ms(situation)} ms after crash",
        ),
    ],
    objectives=lambda situation: [
        lost_writes("the primary returns with the data that its persistence kept, and its replicas have the rest"),
        no_failover("a minority of the Sentinels must not elect a leader"),
        *resume_limits(
            situation.clients,
            reason="no promotion is possible before healing; afterwards the primary is back and needs no failover",
        ),
        convergence(),
    ],
    fails_over=lambda _: False,
    expected={"reference": "pass", "apart": "pass", "classic-2013": "violated"},
)
