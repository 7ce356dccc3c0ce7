"""The primary hangs and stays hung: a client that waits for its answer must give up by itself."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario
from jsquared.scenario.usual_objectives import failover_objectives

SCENARIO = Scenario(
    name="client-hangs",
    title="Clients wait for a primary that never answers",
    description="SIGSTOP to the primary, which closes no connection and gives no answer until long after the failover.",
    why_fair="The new primary serves clients within 10 s if they give up a connection that has been silent for "
    "their timeout (here 1 s). A client without a timeout waits until the old primary is killed or resumes, "
    "however fast the failover was.",
    tags=("client-hangs", "hang", "client", "one-host"),
    away=("primary",),
    faults=lambda _: [fault("pause", "primary", id="hang", heal="2500 ms after recovery")],
    objectives=failover_objectives(
        "a hung node acknowledges nothing, and a promotable replica has every write that it acknowledged before"
    ),
    expected={"reference": "pass"},
)
