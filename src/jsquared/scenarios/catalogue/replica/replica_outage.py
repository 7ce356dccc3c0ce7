"""A replica is away while much is written: it must catch up from the backlog instead of copying everything again."""

from jsquared.scenario.limits import convergence, full_syncs, lost_writes, steady_limits
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import FULL, LINKS, Scenario
from jsquared.scenarios.conditions import needs_writes_without_one

SIZE_MB = 8

SCENARIO = Scenario(
    name="replica-outage",
    title="A replica misses a burst of writes",
    description="A replica's replication is cut for 4 s, and 8 MB are written meanwhile; it then requests the "
    "missing part.",
    why_fair="A repl-backlog-size that holds the writes of a short outage costs that memory once; a smaller one "
    "(the default of Redis is 1 MB) costs a full copy after every outage. That loses nothing and stops no client, "
    "so no suite requires it of a sound deployment.",
    tags=("backlog-too-small", "resync", "replica", "partition", "one-host"),
    needs=LINKS,
    away=("replica:1",),
    suites=FULL,
    faults=lambda _: [
        fault("cut", "replica:1", id="replication-cut", links="replication", against="primary", lasts_ms=4000),
        fault(
            "reset-connections",
            "primary",
            id="links-closed",
            clients="replica",
            start="300 ms after replication-cut",
            lasts_ms=1000,
        ),
        fault(
            "write-burst",
            "primary",
            id="burst",
            size_mb=SIZE_MB,
            keys=SIZE_MB,
            start="1800 ms after links-closed",
            lasts_ms=1000,
        ),
    ],
    objectives=lambda situation: [
        lost_writes("the primary has every write and never stops"),
        full_syncs(0, "repl-backlog-size can hold the 8 MB that are written while the replica is away"),
        *steady_limits(situation, "the primary is healthy"),
        convergence(),
    ],
    fails_over=lambda _: False,
    unsuited=needs_writes_without_one,
    expected={"reference": "pass"},
)
