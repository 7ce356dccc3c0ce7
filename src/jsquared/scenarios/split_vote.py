"""The Sentinels vote so late that each may vote for itself: an election is lost and must be repeated."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, lost_writes, service_limits
from jsquared.scenario.scenario import DELAY, FULL, Scenario

VOTE_LIMIT_MS = 30_000
"""One lost election and its repetition after twice a failover-timeout of up to 10 s."""

SCENARIO = Scenario(
    name="split-vote",
    title="The Sentinels' votes are split",
    description="Packets between Sentinels take 150 ms longer, so that each stands for election before it hears of another; "
    "then the primary is killed.",
    why_fair="An election that nobody wins is repeated after twice the failover-timeout, and again until somebody does: with a "
    "failover-timeout of a few seconds that fits into 30 s. An even number of Sentinels makes it likelier.",
    tags=("split-vote", "network", "latency", "crash", "one-host"),
    needs=DELAY,
    away=("primary",),
    suites=FULL,
    faults=lambda _: [
        PlannedFault(
            id="late-votes",
            name="delay",
            targets=("sentinels",),
            parameters={"delay_ms": 150, "links": "votes", "against": "each-other"},
            start="1000 ms after load",
            heal="500 ms after recovery",
        ),
        PlannedFault(
            id="crash",
            name="kill",
            targets=("primary",),
            start="1000 ms after late-votes",
            heal="1000 ms after recovery",
        ),
    ],
    objectives=lambda situation: [
        lost_writes("a crash of one node leaves a promotable copy of every write acknowledged at the majority level"),
        *[
            limit
            for limit in service_limits(situation, VOTE_LIMIT_MS, "a lost election and its repetition must fit in 30 s")
            if limit.name != "failover"  # counted from the first fault
        ],
        convergence(),
    ],
    extra_recovery_ms=VOTE_LIMIT_MS,
    expected={"reference": "pass", "apart": "pass", "stock": "violated", "classic-2013": "violated"},
)
