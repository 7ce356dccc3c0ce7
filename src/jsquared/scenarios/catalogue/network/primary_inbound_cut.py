"""A one-way fault: packets to the primary's host are lost, the other direction works."""

from jsquared.scenario.scenario import LINKS, Scenario
from jsquared.scenarios import one_way

SCENARIO = Scenario(
    name="primary-inbound-cut",
    title="Packets to the primary are lost",
    description="Only packets to the primary's host are dropped, until writes have come back elsewhere.",
    why_fair="The primary still sends, but hears nothing: no acknowledgement of a replica, no write of a client. "
    "The Sentinels see a silent primary, so what is asked is what is asked of a whole cut.",
    tags=("primary-unreachable", "partition", "one-way", "one-host"),
    needs=LINKS,
    away=("primary",),
    cut_off=("primary",),
    faults=lambda _: one_way.faults("inbound"),
    objectives=one_way.objectives,
    expected={"reference": "pass", "apart": "pass", "classic-2013": "pass"},
)
