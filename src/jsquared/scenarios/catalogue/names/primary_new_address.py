"""The primary's container is lost and made anew with another address, after the failover; then the primary is moved again."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario
from jsquared.scenario.usual_objectives import failover_objectives
from jsquared.scenarios.failover_times import after_failover_ms
from jsquared.scenarios.moved_servers import KNOWN_MS, NEEDS, moves, shares_addresses

SCENARIO = Scenario(
    name="primary-new-address",
    title="The primary crashes and returns under another address",
    description="The primary is killed and returns after the failover with its data and another address, as a "
    "replica of the primary that the Sentinels name; 16 s later a second failover is ordered while writes are "
    "paused.",
    why_fair="A start script that asks the Sentinels for the primary makes the returning node a replica like any "
    "other. Where Sentinels know nodes by addresses, the old entry stays in their lists, down, until SENTINEL "
    "RESET; it is never promoted, but takes a turn of parallel-syncs, which therefore has to be above 1. Where "
    "they know them by names, the one entry is looked up again.",
    tags=("another-address", "addresses", "crash", "one-host", "operator", "day-after"),
    needs=NEEDS,
    away=("primary",),
    faults=lambda situation: [
        moves("primary", lasts_ms=after_failover_ms(situation)),
        fault(
            "failover-while-paused",
            "sentinel:1",
            id="order",
            start=f"{after_failover_ms(situation) + KNOWN_MS} ms after move",
            heal="2000 ms after recovery",
        ),
    ],
    objectives=failover_objectives("neither failover loses a confirmed write"),
    unsuited=shares_addresses,
    expected={"reference": "pass", "hostnames": "pass"},
)
