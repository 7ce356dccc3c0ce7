"""The primary's container is made anew with another address before anybody has noticed that it was gone."""

from jsquared.scenario.limits import convergence, lost_writes, write_gap
from jsquared.scenario.scenario import FULL, Scenario
from jsquared.scenarios.moved_servers import NEEDS, moves, shares_addresses

SCENARIO = Scenario(
    name="primary-new-address-at-once",
    title="The primary returns under another address at once",
    description="The primary is killed and returns 1 s later with its data and another address, before any "
    "Sentinel counts it as down.",
    why_fair="Sentinels have tried the old address by then, and wait there for an answer that never comes, so they "
    "fail over all the same. Those that know it by name look the name up later, find the returned primary and "
    "demote it. Those that know it by its old address never find it: when its start script asked, they still named "
    "this server itself, so it stays a second primary. Names prevent that, and so does a start script that waits "
    "until the Sentinels name another one.",
    tags=("another-address", "addresses", "crash", "one-host"),
    needs=NEEDS,
    away=("primary",),
    suites=FULL,
    faults=lambda _: [moves("primary", lasts_ms=1000)],
    objectives=lambda situation: [
        lost_writes("every acknowledged write is in the primary's append-only file and on a second node"),
        write_gap(
            "enough replicas are left for a failover, if the returned primary is not found",
            clients=situation.reachable_clients,
        ),
        convergence(),
    ],
    fails_over=lambda _: False,
    unsuited=shares_addresses,
    expected={"reference": "violated", "hostnames": "pass"},
)
