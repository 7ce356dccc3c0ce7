"""Connections break between a write and its WAIT, then the primary crashes: a WAIT on a new connection proves nothing."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, lost_writes, service_limits
from jsquared.scenario.scenario import LINKS, Scenario

SCENARIO = Scenario(
    name="reconnect-then-crash",
    title="Clients reconnect between write and WAIT, then the primary crashes",
    description="While replication is cut, clients lose their connections again and again; then the primary is killed.",
    why_fair="What a client wrote before it lost its connection is unknown to it: WAIT counts replicas only for writes of its own "
    "connection, and asked on a new one it counts those that have nothing. An honest client acknowledges none of them.",
    tags=("wait-after-reconnect", "connections", "client", "partition", "crash", "one-host"),
    needs=LINKS,
    away=("primary",),
    faults=lambda _: [
        PlannedFault(
            id="replication-cut",
            name="cut",
            targets=("primary",),
            parameters={"links": "replication"},
            start="2000 ms after load",
            heal="1000 ms after recovery",
        ),
        PlannedFault(
            id="resets",
            name="reset-connections",
            targets=("primary",),
            parameters={"clients": "normal", "every_ms": 100},
            start="100 ms after replication-cut",
            heal="400 ms after injection",
        ),
        PlannedFault(
            id="crash",
            name="kill",
            targets=("primary",),
            start="1500 ms after resets",
            heal="1500 ms after recovery",
        ),
    ],
    objectives=lambda situation: [
        lost_writes(
            "what a replica has confirmed survives; what was under way when a connection broke was not acknowledged"
        ),
        *service_limits(situation),
        convergence(),
    ],
    expected={"reference": "pass"},
)
