"""The primary hangs again and again, each time for a little less than down-after-milliseconds."""

from jsquared.scenario.limits import convergence, lost_writes, steady_limits
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario
from jsquared.scenario.situation import Situation

COUNT = 4
RUN_MS = 1_500
RECONNECT_MS = 5_000


def _stop_ms(situation: Situation) -> int:
    """Below the limit by what a ping may have waited already."""
    return situation.deployment.down_after_ms * 7 // 10


def _total_ms(situation: Situation) -> int:
    return COUNT * (_stop_ms(situation) + RUN_MS)


SCENARIO = Scenario(
    name="primary-flapping",
    title="The primary flaps",
    description="Four times SIGSTOP for 0.7 of down-after-milliseconds and SIGCONT for 1.5 s.",
    why_fair="Each hang is shorter than the deployment's own limit, and an answer in between restarts the count. "
    "The limit for clients includes the hangs and the time between them: writes may resume only in the pauses.",
    tags=("primary-flaps", "hang", "flapping", "one-host"),
    faults=lambda situation: [
        fault(
            "flap",
            "primary",
            id="flapping",
            stop_ms=_stop_ms(situation),
            run_ms=RUN_MS,
            count=COUNT,
            lasts_ms=_total_ms(situation),
        )
    ],
    objectives=lambda situation: [
        lost_writes("the primary continues with all its data"),
        *steady_limits(situation, "no hang lasts for down-after-milliseconds", _total_ms(situation) + RECONNECT_MS),
        convergence(),
    ],
    expected={"reference": "pass", "apart": "pass", "classic-2013": "pass"},
)
