"""The Sentinels vote so late that each may vote for itself: an election is lost and must be repeated."""

from jsquared.scenario.limits import service_limits_after_other_faults
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import DELAY, FULL, Scenario
from jsquared.scenario.usual_objectives import failover_objectives

VOTE_LIMIT_MS = 30_000
"""One lost election and its repetition after twice a failover-timeout of up to 10 s."""
FIRST_ELECTION_MS = 5_000
"""After down-after, the first election has been won or lost: Sentinels agree in up to 2.5 s and start up to 1 s apart."""

SCENARIO = Scenario(
    name="split-vote",
    title="The Sentinels' votes are split",
    description="Packets between Sentinels take 150 ms longer, so that each becomes a candidate before it hears of "
    "another; then the primary is killed. The delay ends after the first election, since a repetition that is lost as well "
    "(one in thirty was) would be bad luck rather than a bad deployment.",
    why_fair="An election without a winner is repeated after twice the failover-timeout, until one Sentinel wins: "
    "with a failover-timeout of a few seconds this fits into 30 s. An even number of Sentinels makes it more "
    "likely.",
    tags=("split-vote", "network", "latency", "crash", "one-host"),
    needs=DELAY,
    away=("primary",),
    suites=FULL,
    faults=lambda situation: [
        fault(
            "delay",
            "sentinels",
            id="late-votes",
            delay_ms=150,
            links="votes",
            against="each-other",
            start="1000 ms after load",
            heal=f"{situation.deployment.down_after_ms + FIRST_ELECTION_MS} ms after crash",
        ),
        fault("kill", "primary", id="crash", start="1000 ms after late-votes"),
    ],
    objectives=failover_objectives(
        "a crash of one node leaves a promotable copy of every write acknowledged at the majority level",
        VOTE_LIMIT_MS,
        "a lost election and its repetition must fit in 30 s",
        limits=service_limits_after_other_faults,
    ),
    extra_recovery_ms=VOTE_LIMIT_MS,
    expected={"reference": "pass", "apart": "pass", "stock": "violated", "classic-2013": "violated"},
)
