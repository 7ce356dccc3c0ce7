"""A replica is made anew with another address; then the primary crashes."""

from jsquared.scenario.scenario import Scenario
from jsquared.scenario.usual_objectives import failover_objectives
from jsquared.scenarios.moved_servers import AWAY_MS, NEEDS, later_crash, moves, shares_addresses

SCENARIO = Scenario(
    name="replica-new-address",
    title="A replica returns under another address",
    description="A replica is killed and returns 3 s later with its data and another address; 16 s after that the "
    "primary is killed.",
    why_fair="The replica follows the primary that the Sentinels name and is in its INFO at once, which they read "
    "every 10 s. Where they know it by address, the old entry stays beside the new one, down, and counts as a "
    "replica until SENTINEL RESET; it is never promoted, but takes a turn of parallel-syncs, which therefore has "
    "to be above 1. Where they know it by name, the one entry is looked up again.",
    tags=("another-address", "addresses", "replica", "crash", "one-host"),
    needs=NEEDS,
    away=("primary",),
    faults=lambda _: [moves("replica:1", lasts_ms=AWAY_MS), later_crash()],
    objectives=failover_objectives("one node at a time is away, and every acknowledged write is on a second one"),
    unsuited=shares_addresses,
    expected={"reference": "pass", "hostnames": "pass"},
)
