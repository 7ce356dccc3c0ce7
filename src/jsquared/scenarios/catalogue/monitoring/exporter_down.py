"""The exporter dies: nothing can be measured any more, which is what must be told."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import ALERTS, Scenario
from jsquared.scenario.usual_objectives import steady_objectives

SCENARIO = Scenario(
    name="exporter-down",
    title="The exporter dies",
    description="SIGKILL to the exporter that Prometheus asks; it is started again once that has been told.",
    why_fair="The deployment is untouched. Every scrape fails at once, which a rule can tell from a dead server.",
    tags=("monitoring",),
    suites=ALERTS,
    faults=lambda _: [fault("monitoring-down", id="exporter-dead", part="exporter")],
    objectives=steady_objectives(nothing_lost="the deployment is untouched", no_failover="the primary is healthy"),
    fails_over=lambda _: False,
    expected={"reference": "pass"},
)
