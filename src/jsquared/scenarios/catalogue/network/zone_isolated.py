"""A whole zone is cut off: the primary's host and another one see only each other."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import LINKS, Scenario
from jsquared.scenarios import zone

SCENARIO = Scenario(
    name="zone-isolated",
    title="A zone of two hosts is cut off",
    description="Two of at least five hosts, the primary's among them, are cut off from all others until writes "
    "have resumed there.",
    why_fair="The zone is a minority: its primary and one replica cannot acknowledge at the majority level, and "
    "its two Sentinels cannot elect a leader. The other side recovers by itself and has every acknowledged write.",
    tags=("zone", "partition", "split-brain", "two-hosts"),
    needs=LINKS,
    away=("zone",),
    cut_off=("zone",),
    faults=lambda situation: [fault("cut", *zone.targets(situation), id="zone-cut")],
    objectives=lambda situation: zone.objectives(
        situation,
        "at the majority level a minority acknowledges nothing; below it, writes that it acknowledges are lost",
    ),
    extra_recovery_ms=zone.EXTRA_RECOVERY_MS,
    unsuited=zone.unsuited,
    expected={"five-hosts": "pass", "apart": "pass"},
)
