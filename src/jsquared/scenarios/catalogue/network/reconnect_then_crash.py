"""Connections break between a write and its WAIT, then the primary crashes: a WAIT on a new connection proves nothing."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import LINKS, Scenario
from jsquared.scenario.usual_objectives import failover_objectives

SCENARIO = Scenario(
    name="reconnect-then-crash",
    title="Clients reconnect between write and WAIT, then the primary crashes",
    description="While replication is cut, clients lose their connections again and again; then the primary is killed.",
    why_fair="Writes before a lost connection have an unknown outcome: WAIT counts replicas only for writes of its "
    "own connection, and on a new connection it counts even replicas that have none of them. An honest client "
    "treats none of these writes as acknowledged.",
    tags=("wait-after-reconnect", "connections", "client", "partition", "crash", "one-host"),
    needs=LINKS,
    away=("primary",),
    faults=lambda _: [
        fault("cut", "primary", id="replication-cut", links="replication"),
        fault(
            "reset-connections",
            "primary",
            id="resets",
            clients="normal",
            every_ms=100,
            start="100 ms after replication-cut",
            lasts_ms=400,
        ),
        fault("kill", "primary", id="crash", start="1500 ms after resets", heal="1500 ms after recovery"),
    ],
    objectives=failover_objectives(
        "writes that a replica has confirmed survive; writes in flight when a connection broke were not acknowledged"
    ),
    expected={"reference": "pass"},
)
