"""A one-way fault: packets to the primary's host are lost, the other direction works."""

from jsquared.scenario.scenario import LINKS, Scenario
from jsquared.scenarios import one_way

SCENARIO = Scenario(
    name="primary-inbound-cut",
    title="Packets to the primary are lost",
    description="Only packets to the primary's host are dropped, until writes have resumed elsewhere.",
    why_fair="The primary still sends but receives nothing: no acknowledgement from a replica, no write from "
    "a client. The Sentinels see a silent primary, so the limits are those of a complete cut.",
    tags=("primary-unreachable", "partition", "one-way", "one-host"),
    needs=LINKS,
    away=("primary",),
    cut_off=("primary",),
    faults=lambda _: one_way.faults("inbound"),
    objectives=one_way.objectives,
    expected={"reference": "pass", "apart": "pass", "classic-2013": "pass"},
)
