"""A whole zone goes down: the primary's host and another one, with all servers on them."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario
from jsquared.scenarios import zone

SCENARIO = Scenario(
    name="zone-lost",
    title="A zone of two hosts is lost",
    description="SIGKILL to every server on two of at least five hosts, the primary's among them; started again "
    "once writes have resumed.",
    why_fair="Two of five hosts are a minority of the data nodes and of the Sentinels. Three are left to elect, to "
    "promote and to acknowledge at the majority level, and one of them has every write acknowledged at that level.",
    tags=("zone", "crash", "two-hosts"),
    away=("zone",),
    cut_off=("zone",),
    faults=lambda situation: [fault("kill", *zone.targets(situation), id="zone-crash")],
    objectives=lambda situation: zone.objectives(
        situation,
        "a minority of the nodes is lost, and every write acknowledged at the majority level is on one of the others",
    ),
    extra_recovery_ms=zone.EXTRA_RECOVERY_MS,
    unsuited=zone.unsuited,
    expected={"five-hosts": "pass", "apart": "pass"},
)
