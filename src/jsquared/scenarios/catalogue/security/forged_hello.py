"""A client publishes a hello message in a Sentinel's name, which makes a replica the primary for all Sentinels that believe it."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import FULL, Scenario
from jsquared.scenario.usual_objectives import steady_objectives

SCENARIO = Scenario(
    name="forged-hello",
    title="A forged hello message redirects the Sentinels",
    description="A client that is logged in as all clients are publishes a hello message on the Sentinels' channel that names a replica as "
    "the primary in a newer epoch; 2 s later another one names the primary again.",
    why_fair="It is avoidable: the channel needs to be open to the Sentinels' user alone, as ACLs with resetchannels "
    "make it; the message is then refused. Where it is open, every Sentinel believes whoever publishes there, and "
    "names a replica to clients as the primary.",
    tags=("security", "auth", "sentinel"),
    suites=FULL,
    faults=lambda _: [fault("forged-hello", "replica:1", id="forgery", lasts_ms=2000)],
    objectives=steady_objectives(
        nothing_lost="no data node is touched", no_failover="every server is healthy, and no one asked for a failover"
    ),
    expected={"reference": "violated", "hardened": "pass"},
)
