"""A one-way fault: packets from the primary's host are lost, the other direction works."""

from jsquared.scenario.scenario import LINKS, Scenario
from jsquared.scenarios import one_way

SCENARIO = Scenario(
    name="primary-outbound-cut",
    title="Packets from the primary are lost",
    description="Only packets from the primary's host are dropped, until writes have resumed elsewhere.",
    why_fair="Packets still arrive there, so writes may be applied whose replies are lost: unknown, not "
    "acknowledged. The Sentinels see a silent primary, so the limits are those of a complete cut.",
    tags=("primary-unreachable", "partition", "one-way", "one-host"),
    needs=LINKS,
    away=("primary",),
    cut_off=("primary",),
    faults=lambda _: one_way.faults("outbound"),
    objectives=one_way.objectives,
    expected={"reference": "pass", "apart": "pass", "classic-2013": "pass"},
)
