"""A replica hangs and wakes: it takes connections and says nothing, and only replication should notice."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import ALERTS, FULL, Scenario
from jsquared.scenario.usual_objectives import steady_objectives

SCENARIO = Scenario(
    name="replica-hang",
    title="A replica hangs",
    description="SIGSTOP to a replica under load, SIGCONT 5 s later; it must catch up.",
    why_fair="The primary is untouched. At the majority level the other replica acknowledges alone for a while.",
    tags=("hang", "replica", "one-host"),
    away=("replica:1",),
    suites=(*FULL, *ALERTS),
    faults=lambda _: [fault("pause", "replica:1", id="hang", lasts_ms=5000)],
    objectives=steady_objectives(
        nothing_lost="the primary has every write and never stops", no_failover="the primary is healthy"
    ),
    fails_over=lambda _: False,
    expected={"reference": "pass"},
)
