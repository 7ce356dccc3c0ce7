"""The primary hangs: connections stay open, but get no answer; later it resumes with its old view of the world."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import ALERTS, QUICK, Scenario
from jsquared.scenario.usual_objectives import failover_objectives

SCENARIO = Scenario(
    name="primary-hang",
    title="The primary hangs",
    description="SIGSTOP to the primary under load, SIGCONT once writes have resumed elsewhere.",
    why_fair="To the others a hang looks like a crash that breaks no connection, so the limits are those of a "
    "crash. The resumed primary still considers itself the primary until it is demoted, which honest clients "
    "survive: they ask the Sentinels.",
    tags=("primary-hang", "hang", "one-host"),
    away=("primary",),
    suites=(*QUICK, *ALERTS),
    faults=lambda _: [fault("pause", "primary", id="hang")],
    objectives=failover_objectives(
        "a hung node acknowledges nothing, and a promotable replica has every write that it acknowledged before"
    ),
    expected={"reference": "pass", "apart": "pass", "stock": "violated", "classic-2013": "pass"},
)
