"""Two thousand clients connect to the primary at once and stay."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, lost_writes, steady_limits
from jsquared.scenario.scenario import PROCESS, Scenario

COUNT = 2_000

SCENARIO = Scenario(
    name="connection-storm",
    title="A storm of connections",
    description="Two thousand connections are opened to the primary at once and held for 3 s, as clients without a pool do.",
    why_fair="They ask for nothing and are far fewer than maxclients allows by default, so Sentinels and those who write must not "
    "feel them.",
    tags=("overload", "client", "one-host"),
    needs=PROCESS,
    away=(),
    faults=lambda _: [
        PlannedFault(
            id="storm",
            name="connection-storm",
            targets=("primary",),
            parameters={"count": COUNT},
            start="2000 ms after load",
            heal="3000 ms after injection",
        )
    ],
    objectives=lambda situation: [
        lost_writes("no data node is touched"),
        *steady_limits(situation, "the primary answers all the time"),
        convergence(),
    ],
    fails_over=lambda _: False,
    expected={"reference": "pass"},
)
