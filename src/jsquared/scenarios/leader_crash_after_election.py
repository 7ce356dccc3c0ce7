"""The Sentinel that leads the failover crashes as soon as it has been elected."""

from jsquared.records.plan import PlannedFault
from jsquared.scenarios.scenario import FAILOVER_LIMIT_MS, PROCESS, Scenario, convergence, lost_writes, service_limits
from jsquared.trial.plan import Situation


def _retry_ms(situation: Situation) -> int:
    """After a failed attempt Sentinels wait for twice failover-timeout (sentinelStartFailoverIfNeeded in sentinel.c)."""
    return 2 * situation.deployment.failover_timeout_ms


SCENARIO = Scenario(
    name="leader-crash-after-election",
    title="The leading Sentinel crashes after the election",
    description="The primary crashes, and the Sentinel that leads the failover ends itself as soon as it has been elected.",
    why_fair="The others wait for twice failover-timeout before they try again. That is their design,"
    " so it is granted on top of the 10 s.",
    tags=("row-23", "sentinel", "crash", "two-hosts"),
    needs=PROCESS,
    away=("primary",),
    faults=lambda _: [
        PlannedFault(
            id="leader-crash",
            name="sentinel-crash-at",
            targets=("sentinels",),
            parameters={"moment": "crash-after-election"},
            start="2000 ms after load",
            heal="1000 ms after recovery",
        ),
        PlannedFault(
            id="crash",
            name="kill",
            targets=("primary",),
            start="500 ms after leader-crash",
            heal="1000 ms after recovery",
        ),
    ],
    objectives=lambda situation: [
        lost_writes("a crash leaves a promotable copy of every write acknowledged at the majority level"),
        *service_limits(
            situation,
            FAILOVER_LIMIT_MS + _retry_ms(situation),
            "10 s beyond twice failover-timeout, for which the Sentinels wait after an attempt that its leader did not finish",
        ),
        convergence(),
    ],
    extra_recovery_ms=30_000,
    expected={"reference": "pass"},
)
