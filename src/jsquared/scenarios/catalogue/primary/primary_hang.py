"""The primary hangs: connections stay open, nobody answers; later it goes on with its old view of the world."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import QUICK, Scenario
from jsquared.scenario.usual_objectives import failover_objectives

SCENARIO = Scenario(
    name="primary-hang",
    title="The primary hangs",
    description="SIGSTOP to the primary under load, SIGCONT once writes have come back elsewhere.",
    why_fair="To the others a hang looks like a crash that breaks no connection, so the same is asked as of a crash. The "
    "woken primary believes in itself until it is demoted, which honest clients survive: they asked the Sentinels.",
    tags=("primary-hang", "hang", "one-host"),
    away=("primary",),
    suites=QUICK,
    faults=lambda _: [fault("pause", "primary", id="hang")],
    objectives=failover_objectives(
        "a hung node acknowledges nothing, and what it had acknowledged is on a promotable replica"
    ),
    expected={"reference": "pass", "apart": "pass", "stock": "violated", "classic-2013": "pass"},
)
