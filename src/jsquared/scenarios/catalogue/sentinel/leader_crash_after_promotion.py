"""The Sentinel that leads the failover crashes as soon as it has promoted a replica."""

from jsquared.scenario.scenario import Scenario
from jsquared.scenarios.leader_crash import EXTRA_RECOVERY_MS, faults, objectives, unsuited

SCENARIO = Scenario(
    name="leader-crash-after-promotion",
    title="The leading Sentinel crashes after the promotion",
    description="The primary crashes, and the Sentinel that leads the failover ends itself as soon as it has promoted a replica.",
    why_fair="The promoted replica serves, but is not announced: the others wait for twice failover-timeout"
    " and promote again. This is by design, so the limit is 10 s plus that time.",
    tags=("leader-crashes-after-promotion", "sentinel", "crash", "two-hosts"),
    away=("primary",),
    faults=lambda _: faults("crash-after-promotion"),
    objectives=objectives,
    extra_recovery_ms=EXTRA_RECOVERY_MS,
    unsuited=unsuited,
    expected={"reference": "pass", "stock": "violated", "classic-2013": "violated"},
)
