"""A replica copies everything again, with one very large key in it, while clients go on writing."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import ALERTS, STANDARD, Scenario
from jsquared.scenario.usual_objectives import steady_objectives

SIZE_MB = 16

SCENARIO = Scenario(
    name="big-key-resync",
    title="A replica copies a very large key under load",
    description="A key of 16 MB is written, and a replica must copy the whole data set from the primary while "
    "clients write.",
    why_fair="The primary forks once and sends its data; it keeps serving meanwhile, the other replica "
    "acknowledges, and no node is silent for anything near down-after-milliseconds.",
    tags=("resync", "big-key", "replica", "one-host"),
    away=("replica:1",),
    suites=(*STANDARD, *ALERTS),
    faults=lambda _: [fault("big-key-resync", "replica:1", id="resync", size_mb=SIZE_MB, lasts_ms=3000)],
    objectives=steady_objectives(
        nothing_lost="the primary has every write and never stops", no_failover="the primary is healthy"
    ),
    fails_over=lambda _: False,
    expected={"reference": "pass"},
)
