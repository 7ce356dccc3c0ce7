"""The primary's container is made anew with another address, and starts as what it was: a primary."""

from jsquared.scenario.scenario import FULL, Scenario
from jsquared.scenario.usual_objectives import failover_objectives
from jsquared.scenarios.moved_servers import NEEDS, moves, shares_addresses

SCENARIO = Scenario(
    name="primary-new-address-unasked",
    title="The primary returns under another address, as a primary",
    description="The primary is killed and returns after the failover with its data, its own file and another address.",
    why_fair="Its file says that it is a primary. Sentinels that know it by name look the name up again, find it "
    "and demote it. Those that know it by its old address never find it: it stays a second primary for any client "
    "that finds it there. Names, or a start script that asks the Sentinels for the primary, prevent this.",
    tags=("another-address", "addresses", "crash", "one-host"),
    needs=NEEDS,
    away=("primary",),
    suites=FULL,
    faults=lambda _: [moves("primary", follows="file")],
    objectives=failover_objectives("every acknowledged write is on a second node, which is promoted"),
    unsuited=shares_addresses,
    expected={"reference": "violated", "hostnames": "pass"},
)
