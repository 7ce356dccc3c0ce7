"""A replica crashes and returns: only replication should notice."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import ALERTS, STANDARD, Scenario
from jsquared.scenario.usual_objectives import steady_objectives

SCENARIO = Scenario(
    name="replica-crash",
    title="A replica crashes",
    description="SIGKILL to a replica under load; it is started again 5 s later and must catch up.",
    why_fair="The primary is untouched. At the majority level the other replica acknowledges alone for a while.",
    tags=("crash", "replica", "one-host"),
    away=("replica:1",),
    suites=(*STANDARD, *ALERTS),
    faults=lambda _: [fault("kill", "replica:1", id="crash", lasts_ms=5000)],
    objectives=steady_objectives(
        nothing_lost="the primary has every write and never stops", no_failover="the primary is healthy"
    ),
    fails_over=lambda _: False,
    expected={"reference": "pass", "apart": "pass", "classic-2013": "pass"},
)
