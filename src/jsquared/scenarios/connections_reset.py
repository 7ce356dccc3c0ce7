"""Every connection to the primary is closed, again and again: clients, replicas and Sentinels must all come back."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, lost_writes, steady_limits
from jsquared.scenario.scenario import PROCESS, Scenario

SCENARIO = Scenario(
    name="connections-reset",
    title="All connections to the primary are reset",
    description="Every connection to the primary is closed each second for 3 s under load, as a restarting proxy or firewall does.",
    why_fair="The primary is well and whoever connects again is served: Sentinels within their next ping, replicas from the backlog. "
    "A write whose connection broke is unknown to its client, never acknowledged.",
    tags=("connections", "client", "one-host"),
    needs=PROCESS,
    away=(),
    faults=lambda _: [
        PlannedFault(
            id="resets",
            name="reset-connections",
            targets=("primary",),
            parameters={"every_ms": 1000},
            start="2000 ms after load",
            heal="3500 ms after injection",
        )
    ],
    objectives=lambda situation: [
        lost_writes("the primary never stops, and keeps what it has"),
        *steady_limits(situation, "the primary answers whoever connects again"),
        convergence(),
    ],
    fails_over=lambda _: False,
    expected={"reference": "pass"},
)
