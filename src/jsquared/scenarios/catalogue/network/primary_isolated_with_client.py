"""The primary is cut off together with a client that goes on writing to it: the classic split brain."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import LINKS, QUICK, Scenario
from jsquared.scenario.usual_objectives import failover_objectives

SCENARIO = Scenario(
    name="primary-isolated-with-client",
    title="The primary is cut off together with a client",
    description="The primary's host and a client's host are cut off from all others; the client keeps writing to "
    "its primary.",
    why_fair="At the majority level the isolated primary can acknowledge nothing, as its replicas are on the other "
    "side. Where clients run on the data hosts, the client's host includes a data node, so two hosts are cut off, "
    "as in the best-known experiment in this field; with five hosts that is still a minority.",
    tags=("primary-and-client-isolated", "partition", "split-brain", "one-host"),
    needs=LINKS,
    away=("primary", "client:1"),
    cut_off=("primary", "client:1"),
    suites=QUICK,
    faults=lambda _: [fault("cut", "primary", "client:1", id="isolation", heal="3000 ms after recovery")],
    objectives=failover_objectives(
        "at the majority level a minority acknowledges nothing; below it, writes that it acknowledges are lost"
    ),
    expected={"reference": "pass", "apart": "pass", "stock": "violated", "classic-2013": "violated"},
)
