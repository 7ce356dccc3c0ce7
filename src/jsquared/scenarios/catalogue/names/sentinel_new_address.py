"""A Sentinel is made anew with its state and another address; then the primary crashes."""

from jsquared.scenario.scenario import Scenario
from jsquared.scenario.usual_objectives import failover_objectives
from jsquared.scenarios.moved_servers import AWAY_MS, NEEDS, later_crash, moves

SCENARIO = Scenario(
    name="sentinel-new-address",
    title="A Sentinel returns under another address",
    description="A Sentinel is killed and returns 3 s later with its file, so with its id, and another address; 16 "
    "s after that the primary is killed.",
    why_fair="A Sentinel that keeps its id sends a hello every 2 s, and the others replace the old address with "
    "the new one: no Sentinel is counted twice, and its vote counts again. Clients that know only the Sentinels' "
    "first addresses have one fewer to ask.",
    tags=("another-address", "addresses", "sentinel", "crash", "one-host"),
    needs=NEEDS,
    away=("primary",),
    faults=lambda _: [moves("sentinel:1", lasts_ms=AWAY_MS), later_crash()],
    objectives=failover_objectives("one data node crashes, and every acknowledged write is on a second one"),
    expected={"reference": "pass", "hostnames": "pass"},
)
