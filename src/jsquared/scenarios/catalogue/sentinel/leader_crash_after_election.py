"""The Sentinel that leads the failover crashes as soon as it has been elected."""

from jsquared.scenario.scenario import Scenario
from jsquared.scenarios.leader_crash import EXTRA_RECOVERY_MS, faults, objectives, unsuited

SCENARIO = Scenario(
    name="leader-crash-after-election",
    title="The leading Sentinel crashes after the election",
    description="The primary crashes, and the Sentinel that leads the failover ends itself as soon as it has been elected.",
    why_fair="The others wait for twice failover-timeout before they try again. This is by design,"
    " so the limit is 10 s plus that time.",
    tags=("leader-crashes-after-election", "sentinel", "crash", "two-hosts"),
    away=("primary",),
    faults=lambda _: faults("crash-after-election"),
    objectives=objectives,
    extra_recovery_ms=EXTRA_RECOVERY_MS,
    unsuited=unsuited,
    expected={"reference": "pass", "stock": "violated", "classic-2013": "violated"},
)
